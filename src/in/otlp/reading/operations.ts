/** `gen_ai.operation.name` (mapping, section 3, row 5) and the words other dialects use for the same. */
import type { SpanKind } from '../dialects/dialect.ts'

const KINDS: Readonly<Partial<Record<string, SpanKind>>> = Object.fromEntries(
  (
    [
      ['call', 'chat text_completion generate_content completion generate response responses messages llm_call'],
      // LiteLLM's names of its functions.
      ['call', 'acompletion atext_completion agenerate_content aresponses anthropic_messages'],
      ['agent', 'invoke_agent create_agent agent_call'],
      ['tool', 'execute_tool tool_call'],
      [
        'wrapper',
        'invoke_workflow plan agent_step workflow chain model_generation model_step user_prompt system_prompt schedule_tool_calls agent handoff guardrail task step invoke_graph invoke_swarm execute_node',
      ],
      // Leaves: nothing is below them that could want their context.
      ['ignore', 'embeddings retrieval rerank create_memory search_memory update_memory delete_memory model_chunk'],
      ['ignore', 'embedding aembedding arerank image_generation aimage_generation transcription atranscription'],
      ['ignore', 'speech aspeech moderation amoderation'],
    ] as const
  ).flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind])),
)

/** Undefined for a word that is in nobody's list. */
export function operationKind(operation: string): SpanKind | undefined {
  const word = operation.toLowerCase()
  return Object.hasOwn(KINDS, word) ? KINDS[word] : undefined
}
