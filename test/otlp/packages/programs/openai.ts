/** A loop with a tool over chat completions, a stream, a response, a call that needs two tries and one that is refused. */
import { trace } from '@opentelemetry/api'
import OpenAI from 'openai'
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources'

const client = new OpenAI()
const model = 'gpt-5-mini'
const tools: ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
]
const messages: ChatCompletionMessageParam[] = [
  { role: 'system', content: 'You know the weather.' },
  { role: 'user', content: 'Is it warm in Lisbon?' },
]

const attributes = {
  'gen_ai.operation.name': 'invoke_agent',
  'gen_ai.agent.name': 'forecaster',
  'session.id': 'session-7',
  'user.id': 'user-3',
  'tag.tags': ['prod', 'eu'],
}
await trace.getTracer('shop').startActiveSpan('invoke_agent forecaster', { attributes }, async (span) => {
  const { choices } = await client.chat.completions.create({ model, messages, tools })
  const answer = choices[0]?.message
  if (answer) messages.push(answer)
  for (const call of answer?.tool_calls ?? [])
    messages.push({ role: 'tool', tool_call_id: call.id, content: 'Lisbon: 21 degrees' })
  await client.chat.completions.create({ model, messages, tools })
  span.end()
})

const stream = await client.chat.completions.create({
  model: 'gpt-5-nano',
  messages: [{ role: 'user', content: 'Say hello.' }],
  stream: true,
  stream_options: { include_usage: true },
})
for await (const _ of stream);

await client.responses.create({ model, instructions: 'Be short.', input: 'Name a colour.' })

await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Try twice.' }] })

await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Too much.' }] }).catch(() => {})
