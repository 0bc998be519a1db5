/** An agent with a tool, a stream, a call that needs two tries and one that is refused. */
import { openai } from '@ai-sdk/openai'
import { generateText, isStepCount, streamText, tool } from 'ai'
import { z } from 'zod'

const weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `${city}: 21 degrees`,
})
const runtimeContext = { sessionId: 'session-7', userId: 'user-3', tags: ['prod', 'eu'] }
const includeRuntimeContext = { sessionId: true, userId: true, tags: true }

await generateText({
  model: openai('gpt-5-mini'),
  instructions: 'You know the weather.',
  prompt: 'Is it warm in Lisbon?',
  tools: { weather },
  stopWhen: isStepCount(3),
  runtimeContext,
  telemetry: { functionId: 'forecaster', includeRuntimeContext },
})

const streamed = streamText({
  model: openai.chat('gpt-5-nano'),
  prompt: 'Say hello.',
  telemetry: { functionId: 'greeter' },
})
await streamed.consumeStream()

await generateText({ model: openai.chat('gpt-5-mini'), prompt: 'Try twice.', telemetry: { functionId: 'patient' } })

await generateText({
  model: openai('gpt-5-mini'),
  prompt: 'Too much.',
  telemetry: { functionId: 'refused' },
}).catch(() => {})
