/** The HTTP server as a function from request to response: routes, guard, keys, errors. */
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { Logger } from 'pino'
import { LedgerError } from '../domain/errors.ts'
import type { Ledger } from '../ledger.ts'
import { authorise, isOpen } from './auth.ts'
import { readJson, readRaw } from './body.ts'
import type { Gate } from './gate.ts'
import { guard } from './guard.ts'
import { checkPathId, QueryReader } from './params.ts'
import { problem, problemOf, type Problem } from './problem.ts'
import { referencePages } from './reference.ts'
import { Room } from './room.ts'
import type { ApiReply, ApiRequest, Protocol, Route } from './route.ts'

export interface AppOptions {
  ledger: Ledger
  routes: readonly Route[]
  log: Logger
  maxBodyBytes: number
  /** Origins of web pages that may call. */
  corsOrigins: readonly string[]
  /** Whether callers without a key are let in while the ledger has none; false when others can reach the server. */
  allowOpen: boolean
  /** The caller is this very process: neither guarded nor asked for a key. */
  trusted?: boolean
  /** Of a server that can close. */
  gate?: Gate
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const SDK_HEADERS = 'Authorization, Content-Type, X-API-Key, X-Project, X-Project-Id, X-Stainless-Lang, ' +
  'X-Stainless-Package-Version, X-Stainless-OS, X-Stainless-Arch, X-Stainless-Runtime, X-Stainless-Runtime-Version, ' +
  'X-Stainless-Retry-Count, X-Stainless-Timeout, X-Stainless-Async, X-Stainless-Read-Timeout' // prettier-ignore

interface AppParts extends AppOptions {
  /** For bodies that are not our JSON, which come in bulk. */
  room: Room
}

/** So many of the largest bodies are worked on at once. */
const LARGEST_AT_ONCE = 4

export function makeApp(given: AppOptions): Hono {
  const options: AppParts = { ...given, room: new Room(LARGEST_AT_ONCE * given.maxBodyBytes) }
  const app = new Hono()
  for (const [path, methods] of byPath(options.routes)) {
    const serve = (context: Context) => answer(context, methods, options)
    app.all(path, serve)
    app.all(path.endsWith('/') ? path.slice(0, -1) : `${path}/`, serve)
  }
  for (const [path, page] of Object.entries(referencePages(options.routes))) {
    app.get(path, (context) => guarded(context, options, async () => page(context)))
  }
  app.get('/', (context) => guarded(context, options, async () => context.redirect('/docs')))
  app.onError((error, context) => {
    options.log.error({ err: error, path: context.req.path }, 'request failed')
    return respond(context, problemOf(error), options)
  })
  app.notFound((context) => guarded(context, options, async () => respond(context, problem(404, 'Not Found'), options)))
  return app
}

/** Routes by path in Hono's spelling, and in it by method. A fixed path comes before one with a parameter. */
function byPath(routes: readonly Route[]): [string, Map<string, Route>][] {
  const paths = new Map<string, Map<string, Route>>()
  for (const route of routes) {
    for (const spelt of [route.path, ...(route.also ?? [])]) {
      const path = spelt.replaceAll(/\{(\w+)\}/g, ':$1')
      const methods = paths.get(path) ?? new Map<string, Route>()
      paths.set(path, methods.set(route.method, route))
    }
  }
  return [...paths].toSorted(([a], [b]) => Number(a.includes(':')) - Number(b.includes(':')))
}

async function answer(context: Context, methods: Map<string, Route>, options: AppParts): Promise<Response> {
  const protocol = methods.values().find((route) => route.protocol)?.protocol
  const { method } = context.req
  const route = methods.get(method === 'HEAD' ? 'GET' : method)
  const work = async (open: boolean) => {
    if (!route) {
      const Allow = [...methods.keys()].join(', ')
      return respond(context, problem(405, 'Method Not Allowed', { Allow }), options, protocol)
    }
    return send(context, await call(context, route, open, options), options)
  }
  return guarded(context, options, work, { protocol, tellsNothing: route?.role === null })
}

function send(context: Context, reply: ApiReply, options: AppOptions): Response {
  // Node says so when the system has taken all of it. Who calls the app in this process has no such thing, and keeps what he got.
  const { outgoing } = (context.env ?? {}) as Partial<HttpBindings>
  if ('sent' in reply && reply.sent) outgoing?.once('finish', reply.sent)
  const headers = { ...JSON_TYPE, ...corsHeaders(context, options), ...reply.headers }
  return context.body('json' in reply ? reply.json : reply.bytes, (reply.status ?? 200) as 200, headers)
}

async function call(context: Context, route: Route, open: boolean, options: AppParts): Promise<ApiReply> {
  const { ledger, trusted, maxBodyBytes, room } = options
  const { raw } = context.req
  const publicScope = { project: '', projectId: null }
  const scope =
    route.role === null
      ? publicScope
      : await authorise(raw.headers, route.role, ledger.access, trusted === true || open)
  const request = readRequest(context, route)
  if (route.protocol) {
    const { types } = route.protocol
    return room.within(async (take) => {
      const content = await readRaw(raw, types, maxBodyBytes, take)
      return route.handle({ ...request, ledger, scope, raw: content } as ApiRequest<never>)
    })
  }
  const body = route.body ? await readJson(raw, maxBodyBytes) : undefined
  if (route.body?.required && body === undefined) {
    throw new LedgerError('invalid', 'body: missing', {
      issues: [{ loc: ['body'], msg: 'a JSON body is needed', type: 'missing' }],
    })
  }
  return route.handle({ ...request, ledger, scope, body } as ApiRequest<never>)
}

function readRequest(context: Context, route: Route): Pick<ApiRequest, 'path' | 'query' | 'page' | 'limit'> {
  const path: Record<string, string> = {}
  for (const [name, form] of Object.entries(route.pathParams ?? {})) {
    path[name] = checkPathId(name, context.req.param(name) ?? '', form)
  }
  const { url } = context.req
  const mark = url.indexOf('?')
  const reader = new QueryReader(mark < 0 ? '' : url.slice(mark + 1))
  const query = reader.values(route.query ?? {})
  const page = route.page ? reader.page(route.page) : { order: 'asc' as const, limit: 0 }
  const limit = route.limit ? reader.limit(route.limit) : 0
  reader.finish()
  return { path, query, page, limit }
}

/**
 * What comes before every answer: is the server closing, may this caller talk to it; and what becomes of an error.
 * @param tellsNothing the answer holds nothing of the ledger; such a route works also while the ledger cannot be asked,
 *   since a process whose database is away is alive
 */
async function guarded(
  context: Context,
  options: AppOptions,
  work: (open: boolean) => Promise<Response>,
  { protocol, tellsNothing = false }: { protocol?: Protocol | undefined; tellsNothing?: boolean } = {},
): Promise<Response> {
  try {
    if (options.gate?.closing) {
      // A connection that stayed open would bring one refused request after another.
      return respond(context, problem(503, 'The server is shutting down', { Connection: 'close' }), options, protocol)
    }
    const unknown = (error: unknown) => {
      if (tellsNothing) return false
      throw error
    }
    const open = options.trusted === true || (options.allowOpen && (await isOpen(options.ledger.access).catch(unknown)))
    if (!options.trusted) guard(context.req.raw.headers, open, options.corsOrigins)
    if (context.req.method === 'OPTIONS') return preflight(context, options)
    const { outgoing } = (context.env ?? {}) as Partial<HttpBindings>
    return await (options.gate ? options.gate.pass(() => work(open), outgoing) : work(open))
  } catch (error) {
    const found = problemOf(error)
    if (found.status >= 500)
      options.log.error({ err: (error as Error).cause ?? error, path: context.req.path }, 'request failed')
    return respond(context, found, options, protocol)
  }
}

function respond(context: Context, found: Problem, options: AppOptions, protocol?: Protocol): Response {
  if (protocol) return send(context, protocol.problem(found, context.req.header('content-type') ?? null), options)
  const { status, headers, detail } = found
  return send(context, { status, headers, json: JSON.stringify({ detail }) }, options)
}

function preflight(context: Context, options: AppOptions): Response {
  return context.body(null, 204, {
    ...corsHeaders(context, options),
    'Access-Control-Allow-Methods': 'GET, POST, PATCH, DELETE',
    'Access-Control-Allow-Headers': SDK_HEADERS,
    'Access-Control-Max-Age': '600',
  })
}

function corsHeaders(context: Context, { corsOrigins }: AppOptions): Record<string, string> {
  const origin = corsOrigins.length === 0 ? undefined : context.req.header('origin')
  if (origin === undefined || !corsOrigins.includes(origin)) return {}
  return { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' }
}
