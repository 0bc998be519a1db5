import { expect, test } from 'vitest'
import { sqlReader } from '../../../src/store/sql/reader.ts'
import { describePlans } from './describe.ts'
import { PROJECT } from './fill.ts'
import { postgres } from './postgres.ts'

describePlans(postgres, (ledger) => {
  const faults = async (sql: string) => {
    const found = await ledger().faults([{ sql, values: [] }])
    return [...new Set(found.map((fault) => fault.split(' (')[0] ?? ''))]
  }
  const OF_RUN = `from steps where project = '${PROJECT}' and run_id = 'run-1'`

  test('on a scan of a table or a whole index', async () => {
    expect(await faults(`select origin from steps where origin = 'x'`)).toEqual([
      expect.stringMatching(/^Seq Scan on steps|whatever its project/),
    ])
    expect(await faults(`select count(*) from runs`)).toContain('Aggregate of a whole selection')
  })

  test('on another index than the one that was meant', async () => {
    const sql = `select id from steps as s indexed by steps_agent where project = '${PROJECT}' and model = 'model-1'
      order by created_at, id limit 5`
    expect(await faults(sql)).toEqual(['steps_model instead of steps_agent'])
  })

  test('on an index whose first columns are not asked for', async () => {
    const sql = `select id from steps where project = '${PROJECT}' and origin is null limit 5`
    expect(await faults(sql)).toContainEqual(expect.stringMatching(/^steps_\w+ whatever its/))
  })

  test('on a condition that an index does not serve', async () => {
    expect(await faults(`select id ${OF_RUN} and origin = 'x' limit 5`)).toEqual(['steps_run where'])
  })

  test('on a sort, but not of what a limit has cut', async () => {
    expect(await faults(`select id ${OF_RUN} order by model limit 5`)).toEqual(['Sort of a whole selection'])
    expect(await faults(`select * from (select model ${OF_RUN} limit 5) as cut order by model`)).toEqual([])
  })

  test('when an index is missing', async () => {
    const { differences, executor, run, executed } = ledger()
    await ledger().learn('')
    await run('begin; drop index steps_agent')
    await run('create index steps_agent on steps (project, agent_id) where agent_id is not null')
    const page = { order: 'asc' as const, limit: 5 }
    executed()
    await sqlReader(executor, differences).listSteps({ project: PROJECT, filters: { agent_id: 'agent-3' }, page })
    const found = await ledger().faults(executed())
    await run('rollback')
    expect(found).toContainEqual(expect.stringMatching(/^Sort of a whole selection/))
  })
})
