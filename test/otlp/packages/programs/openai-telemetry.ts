import { register } from 'node:module'
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai'
import { NodeSDK } from '@opentelemetry/sdk-node'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
const sdk = new NodeSDK({ instrumentations: [new OpenAIInstrumentation()] })
sdk.start()
process.once('beforeExit', () => sdk.shutdown().catch(console.error))
