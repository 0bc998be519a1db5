/** Answers in OpenAI's own forms: chat completions and responses, whole and streamed. */

export interface Answer {
  text?: string
  calls?: { id: string; name: string; input: Record<string, unknown> }[]
  usage: { prompt: number; completion: number; cached?: number; reasoning?: number }
}

export interface Asked {
  model: string
  stream?: boolean
}

/** The name with a date that a provider answers to the name that was asked for. */
export const servedModel = (model: string) => `${model}-2026-08-07`

const CREATED = 1_795_226_339

export function chatCompletion({ model }: Asked, id: string, { text, calls, usage }: Answer) {
  const tool_calls = calls?.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.input) },
  }))
  const message = { role: 'assistant', content: text ?? null, refusal: null, ...(tool_calls && { tool_calls }) }
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: CREATED,
    model: servedModel(model),
    choices: [{ index: 0, message, logprobs: null, finish_reason: calls ? 'tool_calls' : 'stop' }],
    usage: {
      prompt_tokens: usage.prompt,
      completion_tokens: usage.completion,
      total_tokens: usage.prompt + usage.completion,
      prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
      completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    },
  }
}

/** The chunks of a streamed answer; usage comes last, as with `stream_options.include_usage`. */
export function chatChunks(asked: Asked, id: string, answer: Answer): object[] {
  const { choices, usage, ...whole } = chatCompletion(asked, id, answer)
  const head = { ...whole, object: 'chat.completion.chunk', usage: null }
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason }],
  })
  const calls = choices[0]?.message.tool_calls?.map((call, index) => ({ ...call, index }))
  return [
    chunk({ role: 'assistant', content: '' }),
    ...words(answer.text).map((content) => chunk({ content })),
    ...(calls ? [chunk({ tool_calls: calls })] : []),
    chunk({}, choices[0]?.finish_reason),
    { ...head, choices: [], usage },
  ]
}

export function response({ model }: Asked, id: string, { text, calls, usage }: Answer) {
  const content = [{ type: 'output_text', text, annotations: [] }]
  const said = text === undefined ? [] : [{ type: 'message', id: `msg_${id}`, role: 'assistant', content }]
  const called = (calls ?? []).map((call) => ({
    type: 'function_call',
    id: `fc_${call.id}`,
    call_id: call.id,
    name: call.name,
    arguments: JSON.stringify(call.input),
  }))
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: CREATED,
    model: servedModel(model),
    status: 'completed',
    error: null,
    incomplete_details: null,
    output: [...said, ...called].map((item) => ({ ...item, status: 'completed' })),
    usage: {
      input_tokens: usage.prompt,
      input_tokens_details: { cached_tokens: usage.cached ?? 0 },
      output_tokens: usage.completion,
      output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
      total_tokens: usage.prompt + usage.completion,
    },
  }
}

/** The events of a streamed response that holds one text. */
export function responseEvents(asked: Asked, id: string, answer: Answer): object[] {
  const whole = response(asked, id, answer)
  const item_id = `msg_${id}`
  const at = { item_id, output_index: 0, content_index: 0 }
  const [item] = whole.output
  const begun = { ...whole, status: 'in_progress', output: [], usage: null }
  return [
    { type: 'response.created', response: begun },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [], status: 'in_progress' } },
    ...words(answer.text).map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text: answer.text },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ].map((event, sequence_number) => ({ ...event, sequence_number }))
}

const words = (text = '') => text.split(/(?<= )/)
