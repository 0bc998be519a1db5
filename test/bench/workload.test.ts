/** The load of the bench is what its tables say, and the same for the same seed. */
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { MODELS, PROFILES, RATES, type ProfileName, type Table } from '../../bench/workload/figures.ts'
import { sampler } from '../../bench/workload/draw.ts'
import { random } from '../../bench/prose.ts'
import { load, type Arrival } from '../../bench/workload/index.ts'
import { startRun } from '../../bench/workload/step.ts'

const STEPS = 20_000
type Sent = Extract<Arrival, { kind: 'step' }>
const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[]

let arrivals: Arrival[]
/** Each step once. */
let made: Sent[]
let steps: StepInput[]

beforeAll(() => {
  arrivals = [...load({ seed: 1, steps: STEPS })]
  made = arrivals.filter((arrival) => arrival.kind === 'step').filter(({ again }) => !again)
  steps = made.map(({ step }) => step)
})

const of = (profile: ProfileName) => made.filter((arrival) => arrival.profile === profile).map(({ step }) => step)
const share = <T>(items: readonly T[], is: (item: T) => boolean) => items.filter(is).length / items.length
const messages = (all: readonly StepInput[]) => all.flatMap((step) => step.messages ?? [])

/** Bytes of what a step generated. */
function sizesOf(step: StepInput): { output: number; results: number } {
  let [output, results] = [0, 0]
  for (const message of step.messages ?? []) {
    if (message.role === 'tool') {
      for (const { func_response } of message.tool_returns ?? []) results += Buffer.byteLength(func_response as string)
    } else if (message.role === 'assistant') {
      for (const part of message.content as { text?: string; reasoning?: string }[]) {
        output += Buffer.byteLength(part.text ?? part.reasoning ?? '')
      }
      for (const { function: f } of message.tool_calls ?? []) output += Buffer.byteLength(f.name + f.arguments)
    }
  }
  return { output, results }
}

/** Each point of the table beside the same point of the values, which may be off by chance and by the tolerance. */
function expectTable(values: readonly number[], table: Table, tolerance: number): void {
  const sorted = values.toSorted((a, b) => a - b)
  const expected = sampler(table)
  const far = table.shares.flatMap((at) => {
    const found = sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] as number
    // Three times as far as the rank wanders as a rule.
    const chance = 3 * Math.sqrt((at * (1 - at)) / sorted.length)
    const low = expected(Math.max(0, at - chance)) / (1 + tolerance)
    const high = expected(Math.min(1, at + chance)) * (1 + tolerance)
    const isKnown = sorted.length * Math.min(at, 1 - at) >= 5
    return isKnown && (found < low || found > high) ? [`p${at * 100}: ${found}, not ${low} to ${high}`] : []
  })
  expect(far).toEqual([])
}

describe('the load', () => {
  test('is the same for the same seed, and another one for another', () => {
    const beginning = (seed: number) => JSON.stringify([...load({ seed, steps: 500 })])
    expect(beginning(3)).toBe(beginning(3))
    expect(beginning(3)).not.toBe(beginning(4))
  })

  test('holds as many steps as asked for, each with an id of its own, in the order in which they arrive', () => {
    expect(new Set(steps.map(({ id }) => id)).size).toBe(STEPS)
    expect(steps).toHaveLength(STEPS)
    for (let i = 1; i < arrivals.length; i++) {
      expect((arrivals[i] as Arrival).at).toBeGreaterThanOrEqual((arrivals[i - 1] as Arrival).at)
    }
  })

  test('is accepted', () => {
    for (const step of steps.slice(0, 2000)) checkStepInput(step, [])
  })

  test('compresses like text', () => {
    // Of the recordings in demo/: 2.6 to 5.2 in all, steps by themselves 1.7 to 2.5.
    const all = steps.slice(0, 3000).map((step) => Buffer.from(JSON.stringify(messages([step])).replaceAll(/[\w+/]{1000,}={0,2}/g, ''))) // prettier-ignore
    const bytes = all.reduce((sum, { length }) => sum + length, 0)
    const ratio = bytes / gzipSync(Buffer.concat(all)).length
    expect(ratio).toBeGreaterThan(2.6)
    expect(ratio).toBeLessThan(5.2)
    const each = bytes / all.reduce((sum, text) => sum + gzipSync(text).length, 0)
    expect(each).toBeGreaterThan(1.7)
    expect(each).toBeLessThan(2.5)
  })
})

describe.each(PROFILE_NAMES)('steps of %s', (name) => {
  const profile = PROFILES[name]

  test('have their share', () => {
    expect(share(made, (arrival) => arrival.profile === name)).toBeCloseTo(profile.share, 1)
  })

  test('have the measured sizes', () => {
    const sizes = of(name)
      .filter(({ stop_reason }) => stop_reason !== 'llm_api_error')
      .map(sizesOf)
    expectTable(sizes.map(({ output }) => output), profile.output, 0.1) // prettier-ignore
    expectTable(sizes.map(({ results }) => results).filter((bytes) => bytes > 0), profile.results, 0.1) // prettier-ignore
    // Their sum was measured, too; it is drawn from the two as if they did not depend on each other.
    expectTable(sizes.map(({ output, results }) => output + results), profile.size, 0.25) // prettier-ignore
  })

  test('come in runs of the measured lengths', () => {
    const runs = Map.groupBy(of(name), ({ run_id }) => run_id)
    const whole = [...runs.values()].filter((run) => run.at(-1)?.stop_reason != null).map(({ length }) => length)
    const mean = whole.reduce((sum, length) => sum + length, 0) / whole.length
    expect(mean / { assistant: 12.5, letta: 3, coding: 47 }[name]).toBeCloseTo(1, 0)
    expect(Math.max(...whole)).toBeLessThanOrEqual(profile.stepsPerRun.values.at(-1) as number)
  })

  test('call tools as often as measured', () => {
    const calls = of(name)
      .filter(({ status }) => status === 'success')
      .map((step) => messages([step]).reduce((sum, { tool_calls }) => sum + (tool_calls?.length ?? 0), 0))
    profile.toolCalls.forEach((expected, count) => {
      expect(share(calls, (n) => n === count)).toBeCloseTo(expected, expected > 0.1 ? 1 : 2)
    })
    expect(Math.max(...calls)).toBeLessThanOrEqual(20)
  })

  test('have the measured tokens, more with each step of a run', () => {
    expectTable(of(name).map(({ prompt_tokens }) => prompt_tokens as number), profile.promptTokens, 0.25) // prettier-ignore
    expectTable(of(name).map(({ completion_tokens }) => completion_tokens as number), profile.completionTokens, 0.1) // prettier-ignore
    for (const run of Map.groupBy(of(name), ({ run_id }) => run_id).values()) {
      const prompts = run.toSorted((a, b) => ((a.created_at as string) < (b.created_at as string) ? -1 : 1)).map(({ prompt_tokens }) => prompt_tokens as number) // prettier-ignore
      expect(prompts).toEqual(prompts.toSorted((a, b) => a - b))
    }
  })
})

describe('of the load', () => {
  test('few agents make most steps, and one in ten is idle', () => {
    const agents = [...Map.groupBy(steps, ({ agent_id }) => agent_id)].map(([agent, of]) => ({
      agent,
      count: of.length,
    }))
    const ranks = agents.map(({ agent }) => Number.parseInt((agent as string).slice(6, 14), 16))
    expect(Math.max(...ranks)).toBeLessThanOrEqual(2000)
    expect(ranks.filter((rank) => rank % 10 === 0)).toEqual([])
    const busiest = agents.toSorted((a, b) => b.count - a.count).slice(0, 100)
    // By Zipf the first 100 of 2,000 have 63 %.
    expect(busiest.reduce((sum, { count }) => sum + count, 0) / STEPS).toBeGreaterThan(0.55)
  })

  test('models have their shares, and some runs change theirs', () => {
    for (const { model, share: expected } of MODELS) {
      expect(share(steps, (step) => step.model === model)).toBeCloseTo(expected, 1)
    }
    expect(new Set(steps.map(({ model }) => model)).size).toBe(MODELS.length)
    const runs = [...Map.groupBy(steps, ({ run_id }) => run_id).values()].filter(({ length }) => length > 4)
    const changed = share(runs, (run) => new Set(run.map(({ model }) => model)).size > 1)
    // Some change to the same one.
    expect(changed).toBeGreaterThan(0.02)
    expect(changed).toBeLessThan(0.05)
  })

  test('so much goes wrong', () => {
    const failed = steps.filter(({ error_data }) => error_data != null)
    const llm = failed.filter(({ run_id, id }) => id !== undefined && run_id !== undefined)
    expect(share(steps, ({ status }) => status === 'failed')).toBeCloseTo(0.0125, 2)
    expect(share(llm, (step) => messages([step]).every(({ role }) => role === 'user'))).toBeGreaterThan(0.25)
    const returns = messages(steps).flatMap(({ tool_returns }) => tool_returns ?? [])
    expect(share(returns, ({ status }) => status === 'error')).toBeCloseTo(RATES.toolFailure, 2)
    const ends = steps.filter(({ stop_reason }) => stop_reason != null && stop_reason !== 'llm_api_error')
    const abnormal = share(ends, ({ stop_reason }) => stop_reason !== 'end_turn')
    expect(abnormal).toBeGreaterThan(0.01)
    expect(abnormal).toBeLessThan(0.04)
  })

  test('so much is reasoning, and not ASCII', () => {
    const reasoning = messages(steps).flatMap(({ content }) =>
      Array.isArray(content) ? content.filter((part) => part.type === 'reasoning') : [],
    )
    const assistant = messages(steps).filter(({ role }) => role === 'assistant')
    expect(reasoning.length / assistant.length).toBeCloseTo(RATES.reasoning, 1)
    const lengths = reasoning.map(({ reasoning: text }) => text.length).toSorted((a, b) => a - b)
    expect(lengths[lengths.length >> 1]).toBeGreaterThan(150)
    expect(lengths[lengths.length >> 1]).toBeLessThan(500)
    const texts = messages(steps).map((message) => JSON.stringify(message))
    expect(share(texts, (text) => /\p{Extended_Pictographic}/u.test(text))).toBeCloseTo(RATES.emoji, 2)
    expect(share(texts, (text) => /[\u0400-\uabff\uac00-\ud7a3]/.test(text))).toBeCloseTo(RATES.nonLatin, 1)
    expect(texts.some((text) => /\\u00(00|1b|07|01)/.test(text))).toBe(true)
  })

  test('some runs carry an image', () => {
    const images = messages(steps).flatMap(({ content }) =>
      Array.isArray(content) ? content.filter((part) => part.type === 'image') : [],
    )
    const runs = new Set(steps.map(({ run_id }) => run_id)).size
    expect(images.length / runs).toBeCloseTo(RATES.image + RATES.largeImage, 2)
    const sizes = images.map(({ source }) => ('data' in source ? (source.data?.length ?? 0) : 0))
    expect(sizes.some((bytes) => bytes > 130_000 && bytes < 132_000)).toBe(true)
    const next = random(1)
    const large = Array.from({ length: 20_000 }, () => startRun(1, 1, next).image).filter((bytes) => bytes > 131_000)
    expect(large.length / 20_000).toBeCloseTo(RATES.largeImage, 3)
    expect(Math.min(...large)).toBeGreaterThan(800_000)
    expect(Math.max(...large)).toBeLessThan(2_800_001)
  })

  test('so much is rated, always after the step arrived', () => {
    const seen = new Set<string>()
    const ratings = arrivals.filter((arrival) => {
      if (arrival.kind === 'step') seen.add(arrival.step.id as string)
      else expect(seen.has(arrival.id)).toBe(true)
      return arrival.kind === 'feedback'
    })
    const first = [...Map.groupBy(ratings, ({ id }) => id).values()].map(([rating]) => rating as (typeof ratings)[0])
    expect(first.length / STEPS).toBeCloseTo(RATES.feedback, 2)
    expect(share(first, ({ feedback }) => feedback === 'positive')).toBeCloseTo(RATES.positive, 1)
    expect(share(first, ({ tags }) => tags.length > 0)).toBeCloseTo(RATES.feedbackTags, 1)
    expect((ratings.length - first.length) / first.length).toBeCloseTo(0.03, 1)
    expect(ratings.some(({ feedback }) => feedback === null)).toBe(true)
  })

  test('so much is sent again, and so much is late by up to half a minute', () => {
    const sent = arrivals.filter((arrival) => arrival.kind === 'step')
    expect(share(sent, ({ again }) => again)).toBeCloseTo(RATES.resent, 2)
    expect(share(made, ({ late }) => late)).toBeCloseTo(RATES.late, 2)
    for (const { at, step } of made) {
      const delay = at / 1000 - Date.parse(step.created_at as string)
      expect(delay).toBeGreaterThanOrEqual(0)
      expect(delay).toBeLessThanOrEqual(30_001)
    }
  })
})
