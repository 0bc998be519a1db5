/** From flags to the API: of the ledger in this process, or of a server. */
import { parseExact } from '../domain/exact-json.ts'
import { withQuery, type ApiClient } from './api-client.ts'
import { HttpClient } from './http-client.ts'
import { withLedger } from './local-ledger.ts'
import { remoteOf, settingsOf, type SourceOptions } from './options.ts'
import { errorOf } from './problem.ts'

/** Does the work with the ledger that the flags name; nothing is created where there is none. */
export async function withClient<T>(options: SourceOptions, work: (client: ApiClient) => Promise<T>): Promise<T> {
  const settings = settingsOf(options)
  const remote = remoteOf(options)
  if (remote) return work(new HttpClient(remote, options.project))
  const { localApp } = await import('../server.ts')
  return withLedger(settings, { create: false }, (ledger) => work(localClient(localApp(ledger), options.project)))
}

type LocalApp = { request(path: string, init: RequestInit): Response | Promise<Response> }

/** Asks the app in memory: the same meaning as over HTTP, without a socket. */
function localClient(app: LocalApp, project: string | undefined): ApiClient {
  const headers: Record<string, string> = project === undefined ? {} : { 'X-Project': project }
  return {
    async get(path, query) {
      const response = await app.request(withQuery(path, query), { headers })
      const text = await response.text()
      if (!response.ok) throw errorOf(response.status, text, 'The ledger')
      return parseExact(text)
    },
  }
}
