/** `/openapi.json`, and `/docs`: a page that shows it, without scripts and without anything from elsewhere. */
import type { Context } from 'hono'
import { html, raw } from 'hono/html'
import { openApiDocument } from './openapi.ts'
import type { Route } from './route.ts'

type Page = (context: Context) => Response | Promise<Response>
type Json = Record<string, unknown>

export function referencePages(routes: readonly Route[]): Record<string, Page> {
  let document: Json | undefined
  const made = () => (document ??= openApiDocument(routes))
  return {
    '/openapi.json': (context) => context.json(made()),
    '/docs': (context) =>
      context.html(docsPage(made()), 200, {
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
      }),
  }
}

interface Operation {
  operationId: string
  summary: string
  deprecated?: boolean
  'x-role'?: string
  parameters: { name: string; in: string; description?: string; deprecated?: boolean; schema: Json }[]
  requestBody?: { content: { 'application/json': { schema: Json } } }
  responses: Record<string, { description: string; content?: { 'application/json': { schema: Json } } }>
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#f4f5f7;padding:1rem;overflow:auto}
section{border-top:1px solid #d5d9df;padding:.5rem 0}h2 code{font-size:1rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0}.old{opacity:.6}summary{cursor:pointer}
@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#15181c}pre{background:#1f2329}section{border-color:#363b43}a{color:#8ab4ff}}`

function docsPage(document: Json) {
  const paths = document.paths as Record<string, Record<string, Operation>>
  const { schemas } = document.components as { schemas: Record<string, Json> }
  const info = document.info as { title: string; version: string; description: string }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method.toUpperCase(), path, operation)),
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${info.title} API</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>${info.title} ${info.version}</h1>
        <p>${info.description} The same as data: <a href="/openapi.json">openapi.json</a>.</p>
        ${operations}
        <h1>Schemas</h1>
        ${Object.entries(schemas).map(([name, schema]) => schemaSection(name, schema))}
      </body>
    </html>`
}

function section(method: string, path: string, operation: Operation) {
  const body = operation.requestBody?.content['application/json'].schema
  return html`<section id="${operation.operationId}" class="${operation.deprecated ? 'old' : ''}">
    <h2><code>${method} ${path}</code></h2>
    <p>
      ${operation.summary}${operation.deprecated ? ' (deprecated)' : ''}.
      ${operation['x-role'] ? `Role: ${operation['x-role']}.` : 'No key needed.'}
    </p>
    ${
      operation.parameters.length === 0
        ? ''
        : html`<table>
            ${operation.parameters.map(parameterRow)}
          </table>`
    }
    ${body ? html`<p>Body: ${typeText(body)}</p>` : ''}
    <p>
      ${Object.entries(operation.responses).map(([status, { content }]) => html`${status}: ${content ? typeText(content['application/json'].schema) : ''} `)}
    </p>
  </section>`
}

function parameterRow(parameter: Operation['parameters'][number]) {
  const type = typeText(parameter.schema)
  const byDefault =
    parameter.schema.default === undefined ? '' : `, default ${JSON.stringify(parameter.schema.default)}`
  return html`<tr class="${parameter.deprecated ? 'old' : ''}">
    <td><code>${parameter.name}</code></td>
    <td>${parameter.in}, ${type}${byDefault}</td>
    <td>${parameter.description ?? ''}</td>
  </tr>`
}

function schemaSection(name: string, schema: Json) {
  const properties = (schema.properties ?? {}) as Record<string, Json>
  return html`<section id="schema-${name}">
    <h2><code>${name}</code></h2>
    <table>
      ${Object.entries(properties).map(
        ([key, value]) =>
          html`<tr>
            <td><code>${key}</code></td>
            <td>${typeText(value)}</td>
            <td>${value.description ?? ''}</td>
          </tr>`,
      )}
    </table>
    <details>
      <summary>JSON Schema</summary>
      <pre>${JSON.stringify(schema, null, 2)}</pre>
    </details>
  </section>`
}

/** A schema in a few words, named ones as links. */
function typeText(schema: Json): ReturnType<typeof html> {
  const reference = schema.$ref as string | undefined
  if (reference) {
    const name = reference.split('/').at(-1) ?? ''
    return html`<a href="#schema-${name}">${name}</a>`
  }
  const choices = (schema.anyOf ?? schema.oneOf) as Json[] | undefined
  if (choices) return html`${choices.map((choice, i) => html`${i > 0 ? ' or ' : ''}${typeText(choice)}`)}`
  if (schema.enum) return html`${(schema.enum as string[]).join(' | ')}`
  if (schema.type === 'array') return html`array of ${typeText((schema.items ?? {}) as Json)}`
  return html`${JSON.stringify(schema.type ?? 'anything').replaceAll('"', '')}`
}
