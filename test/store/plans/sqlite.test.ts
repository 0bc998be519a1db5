import { expect, test } from 'vitest'
import { sqlReader } from '../../../src/store/sql/reader.ts'
import { describePlans } from './describe.ts'
import { PROJECT } from './fill.ts'
import { sqlite } from './sqlite.ts'

describePlans(sqlite, (ledger) => {
  const faults = (sql: string) => ledger().faults([{ sql, values: [] }])

  test('on a scan of a table or a whole index', async () => {
    expect(await faults(`select id from steps where origin = 'x'`)).toEqual([expect.stringMatching(/^SCAN steps/)])
    expect(await faults(`select id from steps as s order by project, created_at, id limit 5`)).toEqual([
      expect.stringMatching(/^SCAN s /),
    ])
    expect(await faults(`select count(*) from runs`)).toEqual([expect.stringMatching(/^SCAN runs/)])
  })

  test('on a sort', async () => {
    const sorted = `select id from steps where project = '${PROJECT}' and run_id = 'run-1' order by model limit 5`
    expect(await faults(sorted)).toEqual([expect.stringMatching(/TEMP B-TREE FOR ORDER BY/)])
  })

  test('on a walk for each row', async () => {
    const earlier = `exists (select 1 from run_messages as e where e.project = m.project and e.run_id = m.run_id
      and (e.created_at, e.step_created_at) < (m.created_at, m.step_created_at))`
    const walked = `select id from run_messages as m where project = '${PROJECT}' and run_id = 'run-1' and not ${earlier}`
    expect(await faults(walked)).toEqual([expect.stringMatching(/^SEARCH e .*created_at/)])
  })

  test('when an index is missing', async () => {
    const { differences, executor, run, executed } = ledger()
    await run('begin; drop index steps_agent')
    await run('create index steps_agent on steps (project, agent_id) where agent_id is not null')
    const page = { order: 'asc' as const, limit: 5 }
    executed()
    await sqlReader(executor, differences).listSteps({ project: PROJECT, filters: { agent_id: 'agent-3' }, page })
    const found = await ledger().faults(executed())
    await run('rollback')
    expect(found).toEqual([expect.stringMatching(/TEMP B-TREE/)])
  })
})
