// The server's log: warnings and faults, a JSON object per line. No token, key or body is ever handed to it; what slips in all the same, by a framework's own lines, is taken out.
import { pino, type DestinationStream, type Logger } from 'pino'
import { faultOf } from './fault.ts'

const SECRETS = ['authorization', 'idempotency-key', 'cookie', 'x-strata-actor', 'body', 'token', 'password']
const PLACES = ['*', '*.*', 'req.headers', 'res.headers', 'headers']

export const serverLog = (destination: DestinationStream): Logger =>
  pino(
    {
      base: null,
      level: 'warn',
      redact: {
        paths: [...SECRETS.map(quoted), ...PLACES.flatMap((place) => SECRETS.map((secret) => `${place}${quoted(secret)}`))],
        censor: '[redacted]',
      },
      serializers: {
        err: (error: unknown) => faultOf(error),
        // The path of a request has ids, its query owners and cursors.
        req: ({ method }: { readonly method?: string }) => ({ method }),
        res: ({ statusCode }: { readonly statusCode?: number }) => ({ statusCode }),
      },
    },
    destination,
  )

function quoted(name: string): string {
  return `["${name}"]`
}
