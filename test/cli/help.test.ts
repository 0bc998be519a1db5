import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { makeProgram } from '../../src/cli/program.ts'
import { SETTING_NAMES, SETTINGS, variableOf, type Setting, type SettingName } from '../../src/config/settings.ts'
import { RUN_FILTERS, STEP_FILTERS } from '../../src/domain/step-query.ts'
import { cli } from './support.ts'

const program = makeProgram(() => {})

function* commandsOf(command: Command, path: string[] = []): Generator<[string, Command]> {
  const own = [...path, command.name()]
  yield [own.join(' '), command]
  for (const child of command.commands) yield* commandsOf(child, own)
}
const COMMANDS = [...commandsOf(program)]

const flagsOf = (name: string) =>
  COMMANDS.find(([path]) => path === name)?.[1].options.map((option) => option.long) ?? []
const flag = (name: string) => `--${name.replaceAll('_', '-')}`

test.each(COMMANDS)('help of %s', (_, command) => {
  command.configureOutput({ getOutHelpWidth: () => 100 })
  expect(command.helpInformation()).toMatchSnapshot()
})

describe('flags follow from the tables', () => {
  test('every filter of steps is a flag of `steps list` and `export`', () => {
    const flags = Object.keys(STEP_FILTERS).map(flag)
    expect(flagsOf('stepledger steps list')).toEqual(expect.arrayContaining(flags))
    expect(flagsOf('stepledger export')).toEqual(expect.arrayContaining(flags))
  })

  test('every filter of runs is a flag of `runs list`', () => {
    expect(flagsOf('stepledger runs list')).toEqual(expect.arrayContaining(Object.keys(RUN_FILTERS).map(flag)))
  })

  test('every setting is a flag of `serve`', () => {
    expect(flagsOf('stepledger serve')).toEqual(SETTING_NAMES.map((name) => `--${name}`))
  })
})

test('docs/settings.md says every setting with its variables and help', () => {
  const rows = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8').split('\n')
  const settings: [string, Setting][] = Object.entries(SETTINGS)
  for (const [name, { help, alias }] of settings) {
    const row = rows.find((line) => line.startsWith(`| \`--${name}\` |`)) ?? ''
    expect.soft(row, name).toContain(help)
    for (const variable of [variableOf(name as SettingName), alias ?? '']) expect.soft(row, name).toContain(variable)
  }
})

test('without a command, the help; with --version, the version', async () => {
  const [bare, help, version] = await Promise.all([cli([]), cli(['--help']), cli(['--version'])])
  expect(bare).toMatchObject({ code: 0, stderr: '' })
  expect(bare.stdout).toBe(help.stdout)
  expect(bare.stdout).toContain('A first minute:')
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})
