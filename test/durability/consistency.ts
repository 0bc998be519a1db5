/** What stands beside the steps of a ledger on PostgreSQL agrees with them, counted anew here. */
import { expect } from 'vitest'
import { decode } from '../../src/store/content/encode.ts'
import { childrenOf, hashOf, keyOf } from '../../src/store/content/reference.ts'
import type { FreshDatabase } from '../support/postgres.ts'

type Query = FreshDatabase['query']

export async function expectConsistent(query: Query): Promise<void> {
  await expectRunSums(query)
  await expectTags(query)
  await expectMessagesAndTools(query)
  await expectContents(query)
}

async function expectRunSums(query: Query): Promise<void> {
  const counted = await query(
    `select run_id as id, count(*)::int as num_steps, count(*) filter (where status = 'pending')::int as pending_steps,
        coalesce(sum(prompt_tokens), 0)::int as prompt_tokens, coalesce(sum(total_tokens), 0)::int as total_tokens,
        coalesce(sum(completion_tokens), 0)::int as completion_tokens, min(created_at) as created_at,
        max(created_at) as last_created_at
      from steps where run_id is not null group by run_id order by run_id`,
  )
  const kept = await query(
    `select id, num_steps::int, pending_steps::int, prompt_tokens::int, total_tokens::int, completion_tokens::int,
        created_at, last_created_at from runs order by id`,
  )
  expect(kept).toEqual(counted)
}

async function expectTags(query: Query): Promise<void> {
  const wanted = 'select t.tag, id from steps, jsonb_array_elements_text(tags::jsonb) as t (tag)'
  expect(await query(`(${wanted}) except select tag, id from step_tags`)).toEqual([])
  expect(await query(`select tag, id from step_tags except (${wanted})`)).toEqual([])
}

async function expectMessagesAndTools(query: Query): Promise<void> {
  const rows = await query<{ id: string; run_id: string; messages: string }>(
    `select id, run_id, messages from steps where run_id is not null`,
  )
  const messages = new Set<string>()
  const tools = new Set<string>()
  for (const { id, run_id, messages: text } of rows) {
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const message = JSON.parse(line) as { id: string; tool_calls?: { function: { name: string } }[] }
      messages.add([run_id, id, message.id].join(' '))
      for (const call of message.tool_calls ?? []) tools.add([run_id, call.function.name].join(' '))
    }
  }
  const placed = await query<{ key: string }>(`select concat_ws(' ', run_id, step_id, id) as key from run_messages`)
  expect(placed.map(({ key }) => key).toSorted()).toEqual([...messages].toSorted())
  const kept = await query<{ key: string }>(`select concat_ws(' ', run_id, tool) as key from run_tools`)
  expect(kept.map(({ key }) => key).toSorted()).toEqual([...tools].toSorted())
}

/** Every part is what its hash says, and is referred to as often as its count says: so none is missing or left over. */
async function expectContents(query: Query): Promise<void> {
  const parts = await query<{ hash: Buffer; refs: string; data: Buffer }>('select hash, refs, data from contents')
  const skeletons = await query<{ traces: Buffer }>('select traces from steps where traces is not null')
  const counted = new Map<string, number>()
  const nodes = [...parts.map(({ data }) => decode(data)), ...skeletons.map(({ traces }) => decode(traces))]
  for (const child of nodes.flatMap(childrenOf)) {
    counted.set(keyOf(child), (counted.get(keyOf(child)) ?? 0) + 1)
  }
  for (const { hash, data } of parts) expect(keyOf(hashOf(decode(data)))).toBe(keyOf(hash))
  expect(new Map(parts.map(({ hash, refs }) => [keyOf(hash), Number(refs)]))).toEqual(counted)
}

/** When all runs are deleted. */
export async function expectNothingLeft(query: Query): Promise<void> {
  for (const table of ['steps', 'step_tags', 'runs', 'run_messages', 'run_tools', 'contents']) {
    expect(await query(`select * from ${table} limit 3`), table).toEqual([])
  }
}
