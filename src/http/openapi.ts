/** `/openapi.json`: made from the same routes and schemas that check the requests. */
import { z } from 'zod'
import type { ParamSpec } from '../domain/step-query.ts'
import { ProblemSchema } from '../schema/outputs.ts'
import { VERSION } from '../version.ts'
import { ID_FORMS, LARGEST_LIST, type IdForm, type PageSpec } from './params.ts'
import type { Route } from './route.ts'

type Json = Record<string, unknown>

const JSON_TYPE = 'application/json'
const BINARY = { schema: { type: 'string', format: 'binary' } }

const DESCRIPTION =
  'A self-hosted ledger of agent steps. Serves the documented Letta V1 steps API, so the official Letta SDKs work ' +
  'against it. Parameters and fields marked as extensions are ours.'

export function openApiDocument(routes: readonly Route[]): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = operation(route, schemas)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Stepledger', version: VERSION, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  }
}

function operation(route: Route, schemas: Json): Json {
  const content = (schema: z.ZodType, io: 'input' | 'output') => ({
    [JSON_TYPE]: { schema: jsonSchema(schema, io, schemas) },
  })
  const { protocol } = route
  const bodies = (schema: z.ZodType, io: 'input' | 'output') => ({
    ...content(schema, io),
    ...Object.fromEntries((protocol?.types ?? []).filter((type) => type !== JSON_TYPE).map((type) => [type, BINARY])),
  })
  const responses: Json = {}
  for (const [status, schema] of Object.entries(route.replies)) {
    responses[status] = { description: status === '201' ? 'Created' : 'OK', content: bodies(schema, 'output') }
  }
  responses.default = {
    description: 'What is wrong, and where',
    content: bodies(protocol?.problemSchema ?? ProblemSchema, 'output'),
  }
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    ...(route.deprecated && { deprecated: true }),
    ...(route.role === null ? { security: [] } : { 'x-role': route.role }),
    parameters: parameters(route),
    ...(route.body && { requestBody: { required: route.body.required, content: bodies(route.body.schema, 'input') } }),
    responses,
  }
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): unknown {
  const { $defs, $schema: _, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  const text = JSON.stringify({ own, $defs: $defs ?? {} }).replaceAll('"#/$defs/', '"#/components/schemas/')
  const moved = JSON.parse(text) as { own: unknown; $defs: Json }
  for (const [name, definition] of Object.entries(moved.$defs)) schemas[name] ??= definition
  const id = (own as { id?: string }).id
  return id === undefined ? moved.own : named(id, moved.own, schemas)
}

function named(id: string, schema: unknown, schemas: Json): Json {
  schemas[id] ??= schema
  return { $ref: `#/components/schemas/${id}` }
}

function parameters(route: Route): Json[] {
  return [
    ...Object.entries(route.pathParams ?? {}).map(([name, form]) => pathParameter(name, form)),
    ...Object.entries(route.query ?? {}).map(([name, spec]) => queryParameter(name, spec)),
    ...(route.page ? pageParameters(route.page) : []),
    ...(route.limit ? [limitParameter(route.limit)] : []),
  ]
}

function pathParameter(name: string, form: IdForm): Json {
  const { form: pattern, accepted, example } = ID_FORMS[form]
  return { name, in: 'path', required: true, description: accepted, example, schema: idSchema(pattern) }
}

const idSchema = (pattern: RegExp | undefined): Json =>
  pattern ? { type: 'string', pattern: pattern.source } : { type: 'string', minLength: 1, maxLength: 255 }

function queryParameter(name: string, spec: ParamSpec): Json {
  return {
    name,
    in: 'query',
    description: spec.extension ? `${spec.help} (extension)` : spec.help,
    ...(spec.deprecated && { deprecated: true }),
    schema: querySchema(spec),
  }
}

function querySchema({ kind, values }: ParamSpec): Json {
  const word = values ? { type: 'string', enum: [...values] } : idSchema(undefined)
  switch (kind) {
    case 'date':
      return { type: 'string', format: 'date-time' }
    case 'flag':
      return { type: 'boolean' }
    case 'ids':
      return { type: 'array', items: word, maxItems: LARGEST_LIST }
    default:
      return word
  }
}

function pageParameters(page: PageSpec): Json[] {
  const cursor = idSchema(ID_FORMS[page.cursor].form)
  return [
    { name: 'before', in: 'query', description: 'Items ahead of this one in the order asked for', schema: cursor },
    { name: 'after', in: 'query', description: 'Items behind this one in the order asked for', schema: cursor },
    limitParameter(page.limit),
    { name: 'order', in: 'query', schema: { type: 'string', enum: ['asc', 'desc'], default: page.order } },
    { name: 'order_by', in: 'query', schema: { type: 'string', enum: [page.orderBy], default: page.orderBy } },
  ]
}

function limitParameter({ default: byDefault, min, max, strict }: PageSpec['limit']): Json {
  const description = strict ? 'The most items' : `The most items; more than ${max} means ${max}`
  return {
    name: 'limit',
    in: 'query',
    description,
    schema: { type: 'integer', minimum: min, default: byDefault, ...(strict && { maximum: max }) },
  }
}
