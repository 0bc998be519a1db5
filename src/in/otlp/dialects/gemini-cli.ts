/** Gemini CLI's spans: GenAI operations with Gemini's JSON (mapping, section 13). Log events: `logs/gemini-cli.ts`. */
import type { Dialect } from './dialect.ts'

export const geminiCli: Dialect = {
  name: 'gemini_cli',
  namespaces: ['service:gemini-cli'],
  run: (view) => view.text('prompt_id', 'gen_ai.prompt.id'),
  session: (view) => view.text('session.id') ?? resourceText(view.source.resource['session.id']),
  group(view) {
    const session =
      view.text('session.id', 'gen_ai.conversation.id') ?? resourceText(view.source.resource['session.id'])
    return session === undefined ? undefined : `gemini_cli:${session}`
  },
}

function resourceText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
