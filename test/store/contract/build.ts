/** Steps and ledgers for the contract's tests, made with as little as each test needs to say. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Message } from '../../../src/domain/message.ts'
import { normalise } from '../../../src/domain/normalise.ts'
import type { Page } from '../../../src/domain/page.ts'
import type { Step, StepInput } from '../../../src/domain/step.ts'
import { decodeStep } from '../../../src/store/step-row.ts'
import type { StepChange, StepOutcome, Store } from '../../../src/store/store.ts'
import type { OpenLedger, Table, TestEngine } from '../../support/stores.ts'

/** The microseconds of 2026-01-29T15:01:19.123456Z. */
export const NOON = 1_769_698_879_123_456

/** What recording this input means to the store. */
export function record(input: StepInput): Extract<StepChange, { kind: 'record' }> {
  return { kind: 'record', ...normalise(input, null) }
}

/** A random id of the form that step ids have; not in the order in which they are made. */
export const anId = (prefix = 'step') => `${prefix}-${randomUUID()}`

export function text(id: string, words: string, created_at?: string): NonNullable<StepInput['messages']>[number] {
  return { id, role: 'user', content: words, ...(created_at !== undefined && { created_at }) }
}

export const FIRST: Page = { order: 'asc', limit: 1000 }

/** A project of a ledger, with short names for what tests do to it. */
export class Tenant {
  readonly project: string
  private readonly ledger: () => OpenLedger

  constructor(ledger: () => OpenLedger, project: string) {
    this.ledger = ledger
    this.project = project
  }

  get store(): Store {
    return this.ledger().store
  }

  write(...changes: StepChange[]): Promise<StepOutcome[]> {
    return this.store.write.write(this.project, changes)
  }

  record(...inputs: StepInput[]): Promise<StepOutcome[]> {
    return this.write(...inputs.map(record))
  }

  async get(id: string): Promise<Step | undefined> {
    const row = await this.store.read.getStep(this.project, id)
    return row && decodeStep(row)
  }

  async step(id: string): Promise<Step> {
    const found = await this.get(id)
    if (!found) throw new Error(`${id} is not there`)
    return found
  }

  async ids(page: Partial<Page> = {}, filters = {}): Promise<string[]> {
    const rows = await this.store.read.listSteps({ project: this.project, filters, page: { ...FIRST, ...page } })
    return rows.map((row) => row.id)
  }

  async runIds(page: Partial<Page> = {}, filters = {}): Promise<string[]> {
    const runs = await this.store.read.listRuns({ project: this.project, filters, page: { ...FIRST, ...page } })
    return runs.map((run) => run.id)
  }

  /** The ids of a run's messages. */
  async messageIds(run: string, page: Partial<Page> = {}): Promise<string[]> {
    const found = await this.store.read.listRunMessages(this.project, run, { ...FIRST, ...page })
    return found.map(({ step, index }) => (decodeStep(step).messages[index] as Message).id)
  }

  tags(page: Partial<Page> = {}, name?: string): Promise<string[]> {
    return this.store.read.listTags({
      project: this.project,
      page: { ...FIRST, ...page },
      ...(name !== undefined && { name }),
    })
  }

  run(id: string) {
    return this.store.read.getRun(this.project, id)
  }

  tools(run: string): Promise<string[]> {
    return this.store.read.getRunTools(this.project, run)
  }

  traces(stepId: string) {
    return this.store.read.getTraces(this.project, stepId)
  }

  deleteRun(run: string): Promise<boolean> {
    return this.store.write.deleteRun(this.project, run)
  }

  count(table: Table): Promise<number> {
    return this.ledger().count(table, this.project)
  }
}

/** One ledger for the tests of a `describe`; `tenant()` gives each test a project of its own in it. */
export function useLedger(engine: TestEngine): { tenant(): Tenant; ledger(): OpenLedger } {
  let open: OpenLedger | undefined
  const ledger = () => {
    if (!open) throw new Error('the ledger is not open yet')
    return open
  }
  beforeAll(async () => {
    open = await engine.open()
  })
  afterAll(async () => {
    await open?.destroy()
  })
  return { ledger, tenant: () => new Tenant(ledger, anId('project')) }
}

/** Everything that can be read of a project, to say that nothing changed. */
export async function everything(tenant: Tenant): Promise<unknown> {
  const { read } = tenant.store
  const { project } = tenant
  const steps = await read.listSteps({ project, filters: {}, page: FIRST })
  const runs = await read.listRuns({ project, filters: {}, page: FIRST })
  const traces = await Promise.all(steps.map(({ id }) => read.getTraces(project, id)))
  const messages = await Promise.all(runs.map(({ id }) => read.listRunMessages(project, id, FIRST)))
  const tools = await Promise.all(runs.map(({ id }) => read.getRunTools(project, id)))
  const contents = await tenant.count('contents')
  return { steps, runs, traces, messages, tools, tags: await tenant.tags(), contents }
}
