/** Provider names (mapping, section 5.2). */

/** What is seen, in lower case, and what is stored. */
const STORED: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  'azure.ai.openai': 'azure',
  'az.ai.openai': 'azure',
  azure_openai: 'azure',
  'azure-openai': 'azure',
  azure: 'azure',
  'azure.ai.inference': 'azure',
  'az.ai.inference': 'azure',
  'aws.bedrock': 'bedrock',
  aws_bedrock: 'bedrock',
  'amazon-bedrock': 'bedrock',
  amazon_bedrock: 'bedrock',
  bedrock: 'bedrock',
  aws: 'bedrock',
  'gcp.gemini': 'google_ai',
  'gcp.gen_ai': 'google_ai',
  gemini: 'google_ai',
  google: 'google_ai',
  google_genai: 'google_ai',
  'google.generative-ai': 'google_ai',
  google_ai: 'google_ai',
  'gcp.vertex_ai': 'google_vertex',
  vertex_ai: 'google_vertex',
  vertexai: 'google_vertex',
  'google.vertex': 'google_vertex',
  google_vertex: 'google_vertex',
  mistral_ai: 'mistral',
  mistralai: 'mistral',
  mistral: 'mistral',
  x_ai: 'xai',
  xai: 'xai',
  groq: 'groq',
  deepseek: 'deepseek',
  cohere: 'cohere',
  perplexity: 'perplexity',
  moonshot_ai: 'moonshot',
  moonshot: 'moonshot',
  'ibm.watsonx.ai': 'watsonx',
  watsonx: 'watsonx',
}

/** Frameworks and placeholders that stand where a provider should. */
const NO_PROVIDER: ReadonlySet<string> = new Set([
  'langchain',
  'strands-agents',
  'gcp.vertex.agent',
  'pydantic-ai',
  '_other',
  'unknown',
])

/** The stored name; undefined when the text names no provider. */
export function normaliseProvider(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const lower = text.trim().toLowerCase()
  if (lower === '' || NO_PROVIDER.has(lower)) return undefined
  const whole = stored(lower)
  if (whole !== undefined) return whole
  const dot = lower.lastIndexOf('.')
  // `google.vertex.chat` has a known head of two words.
  for (let cut = dot; cut > 0; cut = lower.lastIndexOf('.', cut - 1)) {
    const head = stored(lower.slice(0, cut))
    if (head !== undefined) return head
  }
  return text.trim()
}

function stored(name: string): string | undefined {
  return Object.hasOwn(STORED, name) ? STORED[name] : undefined
}

const BY_MODEL: readonly [RegExp, string][] = [
  [/^(?:gpt-|chatgpt-|o[1-9](?:$|[-.]))/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^gemini/, 'google_ai'],
  [/^(?:mistral|magistral)/, 'mistral'],
  [/^grok/, 'xai'],
  [/^deepseek/, 'deepseek'],
  [/^command/, 'cohere'],
]

/** The provider that a model's name gives away, when nobody named one. */
export function inferProvider(model: string | undefined): string | undefined {
  if (model === undefined) return undefined
  const lower = model.toLowerCase()
  const found = BY_MODEL.find(([pattern]) => pattern.test(lower))
  if (found) return found[1]
  const slash = lower.indexOf('/')
  return slash > 0 ? normaliseProvider(lower.slice(0, slash)) : undefined
}
