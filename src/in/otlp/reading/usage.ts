/** Token counts: what a source reports, and the corrections of mapping section 6. */
import { isJsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { asCount, asObject, at } from './values.ts'

/** Absent = not reported; 0 = reported as zero. */
export interface Usage {
  prompt?: number
  completion?: number
  total?: number
  cached?: number
  cacheWrite?: number
  reasoning?: number
}

export const USAGE_FIELDS = ['prompt', 'completion', 'total', 'cached', 'cacheWrite', 'reasoning'] as const

/** Fills what is not known yet from a source further down the list. */
export function fillUsage(known: Usage, next: Usage): Usage {
  for (const field of USAGE_FIELDS) {
    const value = next[field]
    if (value !== undefined) known[field] ??= value
  }
  return known
}

export function isUsageKnown(usage: Usage): boolean {
  return USAGE_FIELDS.some((field) => usage[field] !== undefined)
}

/** Only the counts that are known. */
export function usageOf(counts: { [F in keyof Usage]: number | undefined }): Usage {
  const usage: Usage = {}
  for (const field of USAGE_FIELDS) {
    const count = counts[field]
    if (count !== undefined) usage[field] = count
  }
  return usage
}

/**
 * A usage object in any provider's own spelling: OpenAI chat and Responses, Anthropic, Gemini (both cases), Bedrock,
 * LangChain, the AI SDK.
 */
export function providerUsage(value: JsonValue | undefined): Usage | undefined {
  const usage = asObject(value)
  if (!usage) return undefined
  const one = (...paths: (string | [string, string])[]): number | undefined => {
    for (const path of paths) {
      const count = asCount(typeof path === 'string' ? at(usage, path) : at(usage, ...path))
      if (count !== undefined) return count
    }
    return undefined
  }
  const cached = one(
    ['prompt_tokens_details', 'cached_tokens'],
    ['input_tokens_details', 'cached_tokens'],
    ['input_token_details', 'cache_read'],
    'cache_read_input_tokens',
    'cacheReadInputTokens',
    'cachedContentTokenCount',
    'cached_content_token_count',
    'cachedInputTokens',
    'cachedContentTokens',
  )
  const cacheWrite = one('cache_creation_input_tokens', 'cacheWriteInputTokens', [
    'prompt_tokens_details',
    'cache_creation_tokens',
  ])
  const reasoning = one(
    ['completion_tokens_details', 'reasoning_tokens'],
    ['output_tokens_details', 'reasoning_tokens'],
    ['output_token_details', 'reasoning'],
    'thoughtsTokenCount',
    'thoughts_token_count',
    'reasoningTokens',
    'thoughtsTokens',
  )
  const prompt = one(
    'prompt_tokens',
    'input_tokens',
    'promptTokens',
    'inputTokens',
    'promptTokenCount',
    'prompt_token_count',
  )
  const total = one('total_tokens', 'totalTokens', 'totalTokenCount', 'total_token_count')
  // Anthropic's own spelling, and Bedrock's, count the cached parts apart.
  const isApart = usage.cache_read_input_tokens !== undefined || usage.cacheReadInputTokens !== undefined
  return usageOf({
    prompt: prompt !== undefined && isApart ? prompt + (cached ?? 0) + (cacheWrite ?? 0) : prompt,
    completion: completionOf(usage, one, prompt, total, reasoning),
    total: isApart ? undefined : total,
    cached,
    cacheWrite: cacheWrite ?? cacheCreation(at(usage, 'input_token_details')),
    reasoning,
  })
}

/** What LangChain's details of a prompt say was written to the cache: in all, or for each time that it is kept. */
export function cacheCreation(details: JsonValue | undefined): number | undefined {
  const all = asCount(at(details, 'cache_creation'))
  const byTime = ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens', 'ephemeral_1hr_input_tokens']
    .map((key) => asCount(at(details, key)))
    .filter((count) => count !== undefined)
  if (byTime.length === 0) return all
  // LangChain puts zero for all where it tells each time.
  return Math.max(
    all ?? 0,
    byTime.reduce((sum, count) => sum + count, 0),
  )
}

/** Gemini's candidates leave the thoughts out (6.2): total minus prompt, or both together. */
function completionOf(
  usage: JsonValue,
  one: (...paths: string[]) => number | undefined,
  prompt: number | undefined,
  total: number | undefined,
  reasoning: number | undefined,
): number | undefined {
  const candidates = one('candidatesTokenCount', 'candidates_token_count')
  const isGemini = isJsonObject(usage) && ('promptTokenCount' in usage || 'prompt_token_count' in usage)
  if (candidates === undefined && !isGemini) {
    return one('completion_tokens', 'output_tokens', 'completionTokens', 'outputTokens')
  }
  if (total !== undefined && prompt !== undefined && total >= prompt) return total - prompt
  return candidates === undefined ? undefined : candidates + (reasoning ?? 0)
}

/**
 * The counts in our convention (6.1): the prompt holds its cached parts.
 * @param isApart whether the source is known to count a prompt without its cached parts (6.2)
 */
export function correctUsage(usage: Usage, isApart: boolean): Usage {
  const corrected = { ...usage }
  const parts = (usage.cached ?? 0) + (usage.cacheWrite ?? 0)
  if (usage.prompt !== undefined && parts > 0 && (isApart || usage.prompt < parts)) {
    corrected.prompt = usage.prompt + parts
  }
  const { prompt, completion } = corrected
  if (prompt !== undefined && completion !== undefined) corrected.total = prompt + completion
  return corrected
}
