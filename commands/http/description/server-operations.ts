// What the routes about the server itself say of themselves.
import { ANY_PROBLEMS, JSON_TYPE, READ_PROBLEMS, type Operation } from '../../../ledger/description/operation.ts'

const status = (id: string, summary: string, word: string, problems: readonly string[]): Operation => ({
  id,
  tag: 'server',
  summary,
  parameters: [],
  answers: {
    200: {
      description: 'It is.',
      content: {
        [JSON_TYPE]: {
          schema: { type: 'object', properties: { status: { type: 'string', const: word } }, required: ['status'] },
          example: { status: word },
        },
      },
    },
  },
  problems,
  scopes: [],
})

export const liveOperation = status('getLive', 'Whether the process answers', 'live', ANY_PROBLEMS)
export const readyOperation = status('getReady', 'Whether the server can do its work', 'ready', [...ANY_PROBLEMS, 'unavailable'])

export const metricsOperation: Operation = {
  id: 'getMetrics',
  tag: 'server',
  summary: 'What the server counts, for Prometheus',
  description: 'From the same machine without a token.',
  parameters: [],
  answers: {
    200: { description: 'Metrics, in the text format.', content: { 'text/plain': { schema: { type: 'string' } } } },
  },
  problems: READ_PROBLEMS,
  scopes: ['operate', 'audit'],
}
