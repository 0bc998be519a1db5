/** Gemini CLI's spans: GenAI operations with Gemini's JSON (mapping, section 13). Log events: `logs/gemini-cli.ts`. */
import { chunksJoined } from '../reading/said.ts'
import type { Dialect } from './dialect.ts'
import { genAi } from './gen-ai.ts'

export const geminiCli: Dialect = {
  name: 'gemini_cli',
  namespaces: ['service:gemini-cli'],
  run: (view) => view.text('prompt_id', 'gen_ai.prompt.id', 'gen_ai.prompt.name'),
  endedWell: (view) => view.isOk,
  session: (view) => view.text('session.id') ?? resourceText(view.source.resource['session.id']),
  /** A message for each chunk of a streamed answer. */
  output: (view) => {
    const said = genAi.output?.(view)
    return said && chunksJoined(said)
  },
  group(view) {
    const session =
      view.text('session.id', 'gen_ai.conversation.id') ?? resourceText(view.source.resource['session.id'])
    return session === undefined ? undefined : `gemini_cli:${session}`
  },
}

function resourceText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
