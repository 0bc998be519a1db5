/** Flags, derived from the tables that describe settings and filters. */
import { homedir } from 'node:os'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { loadSettings, remoteFromEnvironment } from '../config/load.ts'
import {
  SETTINGS,
  variableOf,
  type Setting,
  type SettingKind,
  type SettingName,
  type Settings,
} from '../config/settings.ts'
import { LedgerError } from '../domain/errors.ts'
import { ORDERS, type Order } from '../domain/page.ts'
import type { ParamKind, ParamSpec } from '../domain/step-query.ts'
import { UsageError } from './errors.ts'

/** Flags of every command that works on a ledger. */
export interface LedgerOptions {
  dataDir?: string
  databaseUrl?: string
  logLevel?: string
}

/** Flags of commands that can also reach a ledger over HTTP. */
export interface SourceOptions extends LedgerOptions {
  url?: string
  apiKey?: string
  project?: string
}

/** Flags that choose a part of a list. */
export interface ListOptions {
  limit?: number
  order?: Order
  before?: string
  after?: string
  all?: boolean
}

/** Values of filter flags, by attribute; see {@link filterValues}. */
export type FilterOptions = Record<string, unknown>

const SETTING_VALUE: Record<SettingKind, string> = {
  text: 'text',
  secret: 'url',
  count: 'number',
  port: 'port',
  'port-or-off': 'port',
  number: 'number',
  bytes: 'bytes',
  words: 'list',
  choice: 'word',
}
const SETTING_VALUES: Partial<Record<SettingName, string>> = {
  'data-dir': 'dir',
  host: 'address',
  'abandon-after': 'seconds',
  'otlp-keep-hours': 'hours',
  'database-connect-timeout': 'seconds',
  'database-statement-timeout': 'seconds',
}

/** A setting as a flag. Its default stays with the table, because the environment comes between the two. */
export function settingOption(name: SettingName): Option {
  const setting: Setting = SETTINGS[name]
  const byDefault = setting.default === '' ? '' : `default: ${setting.default.replace(homedir(), '~')}; `
  const value = SETTING_VALUES[name] ?? SETTING_VALUE[setting.kind]
  const flags = setting.bare === undefined ? `--${name} <${value}>` : `--${name} [${value}]`
  const variables = [variableOf(name), ...(setting.alias === undefined ? [] : [setting.alias])].join(', ')
  const option = new Option(flags, `${setting.help} (${byDefault}${variables})`)
  if (setting.bare !== undefined) option.preset(setting.bare)
  return setting.choices ? option.choices(setting.choices) : option
}

/** The attribute under which commander keeps a flag: `start_date`, `data-dir` → `startDate`, `dataDir` */
export function attributeOf(name: string): string {
  return name.replaceAll(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** `start_date` → `--start-date` */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`
}

/**
 * The settings, from flags and the environment.
 * @throws UsageError naming the flag or variable
 */
export function settingsOf(options: object): Settings {
  const names = Object.keys(SETTINGS) as SettingName[]
  const given = options as Record<string, string | undefined>
  try {
    return loadSettings(Object.fromEntries(names.map((name) => [name, given[attributeOf(name)]])))
  } catch (error) {
    throw error instanceof LedgerError ? new UsageError(error.message, { cause: error }) : error
  }
}

/** Where a command shall read or write: over HTTP, or in the data directory when `--url` is not given. */
export function remoteOf(options: SourceOptions): { url: string; apiKey?: string } | undefined {
  const fromEnvironment = remoteFromEnvironment()
  // A ledger that was typed here counts more than an address that stands in the environment.
  const url =
    options.url ??
    (options.dataDir === undefined && options.databaseUrl === undefined ? fromEnvironment.url : undefined)
  const apiKey = options.apiKey ?? fromEnvironment.apiKey
  return url === undefined ? undefined : { url, ...(apiKey !== undefined && { apiKey }) }
}

export function addLedgerOptions(command: Command): Command {
  return command
    .optionsGroup('Ledger:')
    .addOption(settingOption('data-dir'))
    .addOption(settingOption('database-url'))
    .addOption(settingOption('log-level'))
}

export function addSourceOptions(command: Command): Command {
  return addLedgerOptions(command)
    .addOption(
      new Option('--url <url>', 'Another ledger, over HTTP (STEPLEDGER_URL)').conflicts(['dataDir', 'databaseUrl']),
    )
    .addOption(
      new Option('--api-key <key>', 'Key for --url; better in STEPLEDGER_API_KEY, where no other user sees it'),
    )
    .addOption(projectOption())
}

function projectOption(): Option {
  return new Option('--project <slug>', 'Project to work in (default: default, or that of the key)')
}

const PARAM_VALUE: Record<ParamKind, string> = { id: 'id', ids: 'id', date: 'time', flag: '', word: 'word' }
const PARAM_VALUES: Record<string, string> = {
  tags: 'tag',
  model: 'model',
  model_handle: 'handle',
  provider_name: 'name',
  error_type: 'type',
  statuses: 'status',
}

/** One flag for each filter; a yes-or-no filter is a flag and its `--no-` form. */
export function addFilterOptions(command: Command, filters: Readonly<Record<string, ParamSpec>>): Command {
  command.optionsGroup('Filters:')
  for (const [name, spec] of Object.entries(filters)) {
    for (const option of filterOptions(name, spec)) command.addOption(spec.deprecated ? option.hideHelp() : option)
  }
  return command
}

function filterOptions(name: string, spec: ParamSpec): Option[] {
  const flag = flagOf(name)
  if (spec.kind === 'flag') {
    return [new Option(flag, spec.help), new Option(flag.replace('--', '--no-')).hideHelp()]
  }
  const option = new Option(`${flag} <${PARAM_VALUES[name] ?? PARAM_VALUE[spec.kind]}>`, helpOf(spec))
  if (spec.kind === 'ids') return [option.argParser((text: string, all?: string[]) => [...(all ?? []), filled(text)])]
  return [spec.kind === 'word' && spec.values ? option.choices(spec.values) : option.argParser(filled)]
}

function helpOf({ kind, help, values }: ParamSpec): string {
  if (kind !== 'ids') return help
  return `${help}; may be given several times${values ? ` (choices: ${values.map((value) => `"${value}"`).join(', ')})` : ''}`
}

/** An empty value would mean "no filter" to the API, which nobody means who wrote the flag (an unset variable in a script). */
function filled(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.')
  return text
}

export function addListOptions(command: Command): Command {
  return command
    .optionsGroup('Page:')
    .addOption(new Option('--limit <number>', 'How many at most').argParser(wholeNumber).default(50))
    .addOption(new Option('--order <order>', 'By time: newest first or oldest first').choices(ORDERS).default('desc'))
    .addOption(new Option('--before <id>', 'Only what comes before this one in the order').argParser(filled))
    .addOption(new Option('--after <id>', 'Only what comes after this one in the order').argParser(filled))
    .addOption(new Option('--all', 'All of them, page by page').conflicts('limit'))
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

export function addJsonOptions(command: Command, lines: boolean): Command {
  command.optionsGroup('Output:').addOption(new Option('--json', 'JSON, for programs'))
  if (lines) command.addOption(new Option('--jsonl', 'JSON, one line each').conflicts('json'))
  return command
}
