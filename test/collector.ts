// Promises: what an OpenTelemetry collector receives, OTLP over HTTP as JSON, as spans.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code?: number }
}

interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] }
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
}

export interface Collector extends AsyncDisposable {
  readonly url: string
  readonly spans: readonly Span[]
  /** As they came, and how. */
  readonly bodies: readonly string[]
  readonly types: readonly string[]
  /** Resolves with what is looked for, when it is there. */
  until<Found>(look: (spans: readonly Span[]) => Found | undefined): Promise<Found>
}

const WITHIN_MS = 10_000

export async function collector(): Promise<Collector> {
  const spans: Span[] = []
  const bodies: string[] = []
  const types: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
    request.on('end', () => {
      const type = request.headers['content-type'] ?? ''
      bodies.push(body)
      types.push(`${request.method} ${request.url} ${type}`)
      if (type === 'application/json')
        for (const { scopeSpans } of (JSON.parse(body) as Request).resourceSpans) spans.push(...scopeSpans.flatMap((scope) => scope.spans))
      response.end('{}')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    types,
    async until(look) {
      for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline; await sleep(20)) {
        const found = look(spans)
        if (found !== undefined) return found
      }
      throw new Error(`not among ${spans.map(({ name, traceId }) => `${name} of ${traceId}`).join(', ')}`)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

export const attributesOf = ({ attributes }: Span): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
