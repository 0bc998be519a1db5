/** The official exporters against the receiver: what they send arrives, and they understand what they are answered. */
import { diag, DiagLogLevel, SpanKind, SpanStatusCode, type DiagLogger } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LedgerError } from '../../src/domain/errors.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { CollectingIngest } from './support.ts'
