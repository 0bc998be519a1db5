/** `stepledger demo`: a ledger with real recordings in a temporary directory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countOutcomes } from '../ledger.ts'
import { DEFAULT_PROJECT } from '../store/store.ts'
import { importFiles } from '../in/import/importer.ts'
import { checkStepInput } from '../schema/step-input.ts'
import { startServer } from '../server.ts'
import { settingsOf } from './options.ts'
import { untilStopped } from './serve.ts'

const RECORDINGS = fileURLToPath(new URL('../../demo/recordings', import.meta.url))

/** Serves the demo until it is told to stop, then leaves nothing behind. */
export async function demoCommand(options: object): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'stepledger-demo-'))
  try {
    const stopped = untilStopped()
    const server = await startServer({ ...settingsOf(options), 'data-dir': dataDir, 'database-url': '' })
    const scope = { project: DEFAULT_PROJECT, projectId: null }
    const report = await importFiles([RECORDINGS], {
      check: (input) => checkStepInput(input, []),
      record: async (steps) => countOutcomes(await server.ledger.record(scope, steps, [], true)),
    })
    process.stdout.write(welcome(server.url, report.steps, report.runs))
    await stopped
    await server.close()
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

function welcome(url: string, steps: number, runs: number): string {
  return `${steps} steps of ${runs} real agent runs, served on ${url} until you press Ctrl-C. Try, in another terminal:

  curl '${url}/v1/steps/?limit=1'
  npm run -s stepledger -- steps list --url ${url} --limit 10
  npm run -s stepledger -- runs list --url ${url} --statuses failed
`
}
