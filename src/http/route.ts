/**
 * A route of the API, described once: the server, the checks, `/openapi.json` and the reference page follow from it.
 */
import type { z } from 'zod'
import type { Problem } from './problem.ts'
import type { RawBody } from './body.ts'
import type { JsonValue } from '../domain/exact-json.ts'
import type { Page } from '../domain/page.ts'
import type { Ledger, Scope } from '../ledger.ts'
import type { BytesToSend } from '../page-buffers.ts'
import type { Role } from '../store/store.ts'
import type { IdForm, PageSpec, QuerySpec, QueryValues } from './params.ts'

export interface ApiRequest<Q extends QuerySpec = QuerySpec> {
  ledger: Ledger
  scope: Scope
  /** Path parameters, decoded and checked. */
  path: Readonly<Record<string, string>>
  query: QueryValues<Q>
  /** With a page spec. */
  page: Page
  /** With a limit spec but no page. */
  limit: number
  /** With a body: JSON with exact numbers, not checked yet. */
  body: JsonValue | undefined
  /** With a protocol, instead of a JSON body. */
  raw: RawBody
}

interface ReplyHead {
  status?: number
  headers?: Record<string, string>
}
/** JSON text, or the bytes of it; a protocol with another form says its content type among the headers. */
export type ApiReply = ReplyHead & ({ json: string } | BytesToSend)

/** What a route speaks that does not speak our JSON. */
export interface Protocol {
  /** Content types of its bodies, in lower case. */
  types: readonly string[]
  /**
   * Any problem in its form: also those that arise before the route is reached.
   * @param type the request's Content-Type as it was sent
   */
  problem(problem: Problem, type: string | null): ApiReply & { status: number }
  /** That form, for the reference. */
  problemSchema: z.ZodType
}

export interface RouteSpec<Q extends QuerySpec = QuerySpec> {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** As the contract spells it; both spellings of the last slash are served. */
  path: string
  /** Further paths where it is served; the reference does without them. */
  also?: readonly string[]
  /** Unique: the operation id. */
  name: string
  tag: 'steps' | 'runs' | 'tags' | 'server' | 'otlp'
  summary: string
  /** Where its meaning is written: a section of the contract, or that it is ours. */
  deprecated?: boolean
  /** Who may call it; null = anybody, without a key. */
  role: Role | null
  pathParams?: Readonly<Record<string, IdForm>>
  query?: Q
  page?: PageSpec
  limit?: PageSpec['limit']
  /** What the body must be, for the reference; the ledger checks it. */
  body?: { schema: z.ZodType; required: boolean }
  protocol?: Protocol
  /** Statuses of success and what they answer. */
  replies: Readonly<Record<number, z.ZodType>>
  handle(request: ApiRequest<Q>): Promise<ApiReply>
}

export type Route = Omit<RouteSpec, 'handle'> & { handle(request: ApiRequest<never>): Promise<ApiReply> }

/** Ties a handler's types to the parameters that its route describes. */
export function route<const Q extends QuerySpec>(spec: RouteSpec<Q>): Route {
  return spec
}
