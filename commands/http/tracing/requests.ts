// A span for every request but those that watch the server, by the stable names of OpenTelemetry's semantic conventions. Without `url.path` and the client's address, which they would have: the one
// has ids, and they begin with owners.
import { defaultTextMapGetter, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { routePattern } from '../route-pattern.ts'

/** Of one request: a bulk request of a million lines has as many commands. */
export const MAX_TRACED_COMMANDS = 100

const traceContext = new W3CTraceContextPropagator()

export function tracedRequests(app: FastifyInstance, tracer: Tracer): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url, config } = request.routeOptions
    if (config?.open) return done()
    const route = url === undefined ? undefined : routePattern(url)
    const parent = traceContext.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter)
    const span = tracer.startSpan(
      route === undefined ? request.method : `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': request.method,
          'url.scheme': 'http',
          'network.protocol.version': request.raw.httpVersion,
          ...(route !== undefined && { 'http.route': route }),
        },
      },
      parent,
    )
    if (!span.isRecording()) return done()
    const { traceId, spanId } = span.spanContext()
    request.trace = { context: trace.setSpan(parent, span), ids: { trace_id: traceId, span_id: spanId }, commandsLeft: MAX_TRACED_COMMANDS }
    reply.raw.once('close', () => answered(span, request, reply))
    done()
  })
}

function answered(span: Span, { raw: { aborted } }: FastifyRequest, { raw, statusCode, problemCode }: FastifyReply): void {
  if (raw.headersSent) span.setAttribute('http.response.status_code', statusCode)
  if (statusCode >= 500) span.setAttribute('error.type', problemCode ?? String(statusCode)).setStatus({ code: SpanStatusCode.ERROR })
  else if (aborted || !raw.writableFinished) span.setAttribute('error.type', 'aborted')
  span.end()
}
