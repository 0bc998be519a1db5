import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { spawn } from 'node:child_process'
import { beforeAll, describe, expect, test } from 'vitest'
import { STEPS } from './fixture.ts'
import { temporary } from '../support/temporary.ts'
import { cli, linesFile, MAIN, ok, serve, stepId } from './support.ts'

const dir = temporary()
const first = ['--data-dir', `${dir}/first`]
const file = linesFile(dir, 'steps.jsonl', STEPS)
const read = (name: string) => readFileSync(`${dir}/${name}`, 'utf8')

beforeAll(async () => {
  await ok(['import', file, ...first])
})

describe('export', () => {
  test('is a first line that says what it is, and the steps as they were recorded, oldest first', async () => {
    const [header, ...steps] = (await ok(['export', ...first])).trimEnd().split('\n')
    expect(JSON.parse(header ?? '')).toEqual({ stepledger_export: 1, version: expect.any(String) })
    expect(steps).toEqual(STEPS)
  })

  test('into a file, whole or not at all', async () => {
    const written = await cli(['export', `${dir}/all.jsonl`, ...first])
    expect(written).toEqual({ code: 0, stdout: '', stderr: `Wrote 4 steps to ${dir}/all.jsonl\n` })
    expect(existsSync(`${dir}/all.jsonl.part`)).toBe(false)
    expect(await ok(['export', ...first])).toBe(read('all.jsonl'))

    const failed = await cli(['export', `${dir}/missing/all.jsonl`, ...first])
    expect(failed.code).toBe(1)
    expect(failed.stderr).toMatch(/^error: ENOENT: .*missing\/all.jsonl.part/)
  })

  test('takes the filters of the API', async () => {
    const lines = (await ok(['export', '--tags', 'dev', ...first])).trimEnd().split('\n')
    expect(lines.slice(1)).toEqual([STEPS[3]])
  })

  test('ends quietly when nobody reads on', async () => {
    const many = Array.from({ length: 400 }, (_, i) => JSON.stringify({ id: stepId(i), origin: 'x'.repeat(1000) }))
    const ledger = ['--data-dir', `${dir}/many`]
    await ok(['import', linesFile(dir, 'many.jsonl', many), ...ledger])
    const child = spawn(process.execPath, [MAIN, 'export', ...ledger], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk) => (said += String(chunk)))
    child.stdout.once('data', () => child.stdout.destroy())
    const [code] = (await once(child, 'close')) as [number]
    expect({ code, said }).toEqual({ code: 0, said: '' })
  })
})

describe('import', () => {
  test('of an export makes an equal ledger, byte for byte, and twice changes nothing', async () => {
    await ok(['export', `${dir}/source.jsonl`, ...first])
    const second = ['--data-dir', `${dir}/second`]
    const counts = async () => JSON.parse(await ok(['import', `${dir}/source.jsonl`, '--json', ...second])) as object
    expect(await counts()).toMatchObject({ runs: 2, steps: 4, created: 4, merged: 0, failed: 0 })
    expect(await counts()).toMatchObject({ steps: 4, created: 0, merged: 4 })
    expect(await ok(['export', ...second])).toBe(read('source.jsonl'))
    const runs = (ledger: string[]) => ok(['runs', 'list', '--json', ...ledger])
    expect(await runs(second)).toBe(await runs(first))
  })

  test('names what is broken and where, records the others, and fails', async () => {
    const broken = linesFile(dir, 'broken.jsonl', [STEPS[0] ?? '', '{"id":"step-1","agent_id":"a"}'])
    const { code, stdout, stderr } = await cli([
      'import',
      broken,
      file,
      `${dir}/none.jsonl`,
      '--data-dir',
      `${dir}/third`,
    ])
    expect(code).toBe(1)
    expect(stdout.replaceAll(dir, '…').replaceAll(/ {2,}/g, '  ')).toMatchInlineSnapshot(`
      "FORMAT  FILE  RUNS  STEPS  NEW  THERE ALREADY
      stepledger  …/broken.jsonl  0  0  0  0
      stepledger  …/steps.jsonl  2  4  4  0
      ?  …/none.jsonl  0  0  0  0
      "
    `)
    expect(stderr).toContain(`error: ${broken}: line 2: id: must be step-<uuid> in lower case, got "step-1"`)
    expect(stderr).toContain(`error: ${dir}/none.jsonl: ENOENT`)
    expect(await ok(['export', '--data-dir', `${dir}/third`])).toBe(await ok(['export', ...first]))
  })

  test('of nothing fails and says so', async () => {
    const empty = temporary()
    writeFileSync(`${empty}/notes.txt`, 'no recording')
    const { code, stderr } = await cli(['import', empty, ...first])
    expect(code).toBe(1)
    expect(stderr).toMatch(/Skipped 1 file of no known format:\n.*\nerror: Nothing was found to import/)
  })

  test('into a project', async () => {
    const ledger = ['--data-dir', `${dir}/projects`]
    await ok(['projects', 'create', 'blue', ...ledger])
    await ok(['import', file, '--project', 'blue', ...ledger])
    const [blue, byDefault, unknown] = await Promise.all([
      ok(['export', '--project', 'blue', ...ledger]),
      ok(['steps', 'list', '--json', ...ledger]),
      cli(['import', file, '--project', 'green', ...ledger]),
    ])
    expect(blue).toContain('"project_id":"project-of-theirs"')
    expect(byDefault).toBe('[]\n')
    expect(unknown).toMatchObject({ code: 1, stderr: "error: Project with id 'green' not found\n" })
  })
})

describe('over HTTP', () => {
  test('import, lists and export mean the same as locally, also while the server runs', async () => {
    const ledger = ['--data-dir', `${dir}/served`]
    const { url, stop } = await serve(`${dir}/served`)
    try {
      const remote = ['--url', `${url}/`]
      const sent = JSON.parse(await ok(['import', file, '--json', ...remote])) as object
      expect(sent).toMatchObject({ created: 4, merged: 0 })
      const again = JSON.parse(await ok(['import', file, '--json', ...ledger])) as object
      expect(again).toMatchObject({ created: 0, merged: 4 })

      const [here, there, listed, expected] = await Promise.all([
        ok(['export', ...ledger]),
        ok(['export'], { STEPLEDGER_URL: url }),
        ok(['steps', 'list', '--json', ...remote]),
        ok(['steps', 'list', '--json', ...first]),
      ])
      expect(here).toBe(await ok(['export', ...first]))
      expect(listed).toBe(expected)
      // The API gives one of a step's traces: that of the agent's own call.
      expect(there.split('\n')).toEqual(
        here.replace(/\{"id":"provider_trace-[0-9-]*1".*?"response_json":\{\}\},/, '').split('\n'),
      )
    } finally {
      await stop()
    }
  })

  test('a server that is busy is asked again when it says', async () => {
    const refusals = [503, 429]
    const server = createServer((request, response) => {
      const status = request.method === 'POST' ? (refusals.shift() ?? 201) : 200
      response.writeHead(status, { 'Retry-After': '0', 'Stepledger-Created': '4', 'Stepledger-Merged': '0' })
      response.end('{"status":"ok","version":"0"}')
    }).listen(0)
    await once(server, 'listening')
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    try {
      expect(JSON.parse(await ok(['import', file, '--json', '--url', url]))).toMatchObject({ created: 4, failed: 0 })
      expect(refusals).toEqual([])
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  test('nobody there', async () => {
    const { code, stderr } = await cli(['import', file, '--url', 'http://localhost:9399'])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'error: http://localhost:9399 does not answer: nothing listens there. Is the server running? stepledger serve\n',
    })
  })
})
