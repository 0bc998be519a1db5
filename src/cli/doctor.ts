/** `stepledger doctor` */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { LedgerError } from '../domain/errors.ts'
import { addressOf } from '../open-ledger.ts'
import { describeAddress, LEDGER_FILE, type StoreAddress } from '../store/open.ts'
import { DEFAULT_PROJECT, type Finding } from '../store/store.ts'
import { serverFinding, serverTelemetry } from './doctor-server.ts'
import { telemetryFinding } from './doctor-telemetry.ts'
import { EXIT, type ExitCode } from './errors.ts'
import { inspectDataDir, noLedger, withLedger } from './local-ledger.ts'
import { remoteOf, settingsOf, type SourceOptions } from './options.ts'
import { colorsOf, plain, print, type Colors } from './output.ts'

/** Looks at everything a ledger needs and says what to do about what is wrong. Makes nothing; an older ledger is brought up to date, as by any command. */
export async function doctorCommand(options: SourceOptions & { json?: boolean }): Promise<ExitCode> {
  const settings = settingsOf(options)
  const remote = remoteOf(options)
  const server = await serverFinding(settings, remote)
  const ledger = remote ? [] : await ledgerFindings(settings)
  const telemetry = remote && server.ok ? await serverTelemetry(remote, options.project) : []
  const findings = [node(), ...ledger, server, ...telemetry]
  const ok = findings.every((finding) => finding.ok)
  if (options.json) await print(`${JSON.stringify({ ok, findings: findings.map(presented) }, null, 2)}\n`)
  else await print(checklist(findings, colorsOf(process.stdout)))
  return ok ? EXIT.ok : EXIT.failed
}

/** A remedy is only for what is wrong. */
function presented({ remedy, ...finding }: Finding): Finding {
  return finding.ok || remedy === undefined ? finding : { ...finding, remedy }
}

function checklist(findings: readonly Finding[], colors: Colors): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, ok, detail, remedy }) => {
    const mark = ok ? colors.green('ok   ') : colors.red('wrong')
    const line = `${mark}  ${check.padEnd(width)}  ${plain(detail)}`
    return ok || remedy === undefined
      ? [line]
      : [line, `${' '.repeat(width + 9)}${colors.yellow('→')} ${plain(remedy)}`]
  })
  return `${lines.join('\n')}\n`
}

/** Whether this Node is one that package.json asks for. */
function node(): Finding {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { engines } = JSON.parse(manifest) as { engines?: { node?: string } }
  const least = engines?.node?.replace('>=', '') ?? '0'
  const version = process.versions.node
  return {
    check: 'node',
    ok: version.localeCompare(least, 'en', { numeric: true }) >= 0,
    detail: `version ${version}`,
    remedy: `Install Node ${least} or newer`,
  }
}

async function ledgerFindings(settings: Settings): Promise<Finding[]> {
  const address = addressOf(settings)
  return 'url' in address ? databaseFindings(settings, address) : directoryFindings(settings, address.dataDir)
}

async function databaseFindings(settings: Settings, address: StoreAddress): Promise<Finding[]> {
  try {
    return await lookInto(settings, describeAddress(address))
  } catch (error) {
    const { message, cause } = error as Error
    // An error of ours says what to do; the words of the server, which are the cause of one, do not.
    const isMissing = message.startsWith('There is no ledger')
    if (error instanceof LedgerError && cause === undefined)
      return [{ check: 'ledger', ok: isMissing, detail: message }]
    const remedy = 'Start the database server, or name another one: --database-url'
    return [{ check: 'ledger', ok: false, detail: message, remedy }]
  }
}

/** What the ledger says of itself. */
function lookInto(settings: Settings, where: string): Promise<Finding[]> {
  return withLedger(settings, { create: false }, async (ledger) => {
    const findings = await ledger.diagnose()
    const hasKeys = await ledger.access.hasKeys()
    const keys = hasKeys ? 'needed for every request' : 'none; the server answers on this machine only'
    const projects = new Set([DEFAULT_PROJECT, ...(await ledger.access.listProjects()).map(({ slug }) => slug)])
    const counts = await Promise.all([...projects].map((project) => ledger.read.listIngestCounts(project)))
    return [
      { check: 'ledger', ok: true, detail: where },
      ...findings,
      { check: 'keys', ok: true, detail: keys },
      telemetryFinding(counts.flat()),
    ]
  })
}

async function directoryFindings(settings: Settings, dataDir: string): Promise<Finding[]> {
  const state = inspectDataDir(dataDir)
  if (state.found === 'nothing') return [{ check: 'ledger', ok: true, detail: noLedger(dataDir) }]
  if (state.found === 'trouble') return [{ check: 'ledger', ok: false, detail: state.problem, remedy: state.remedy }]
  const file = join(dataDir, LEDGER_FILE)
  try {
    return await lookInto(settings, file)
  } catch (error) {
    const { message, cause } = error as Error
    // An error of ours says what to do; the words of SQLite, which are the cause of one, do not.
    if (error instanceof LedgerError && cause === undefined) return [{ check: 'ledger', ok: false, detail: message }]
    const remedy = `Stop the server, restore the last backup, or rescue what can be read: sqlite3 ${file} .recover`
    return [{ check: 'ledger', ok: false, detail: cause instanceof LedgerError ? cause.message : message, remedy }]
  }
}
