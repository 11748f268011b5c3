// What the route of a view says of itself.
import type { z } from 'zod'
import { component, titled, type JsonSchema } from '../../ledger/description/component.ts'
import { keptShape } from '../../ledger/description/json-schema.ts'
import { JSON_TYPE, queryParameters, READ_PROBLEMS, type Operation, type Parameter } from '../../ledger/description/operation.ts'
import { MAX_TOTAL_DOCUMENTS } from './view-total.ts'
import { DEFAULT_PAGE } from '../../ledger/request.ts'
import type { Projection } from '../projection.ts'

export const AFTER = 'X-Strata-After'

const after: Parameter = {
  name: AFTER,
  in: 'header',
  description:
    'Waits until the view has seen this position, as a version in a receipt has it (`PARTITION:POSITION`), for 10 seconds at most.',
  schema: { type: 'string', pattern: '^[0-9]{1,3}:[0-9]{1,15}$' },
}

const seen = component('Seen', {
  type: 'object',
  description: 'The last version that has changed the document.',
  properties: { partition: { type: 'integer', minimum: 0 }, position: { type: 'integer', minimum: 1 } },
  required: ['partition', 'position'],
})

export const shownShape = ({ name, summary, shown }: Projection): JsonSchema =>
  component(`${titled(name)}Document`, { description: `${summary}.`, ...keptShape(shown) })

const totalShape = ({ name, total }: Projection): JsonSchema | undefined =>
  total &&
  component(`${titled(name)}Total`, {
    description: `Over all documents that match, not only those of this page; where one owner is asked for, and at most ${MAX_TOTAL_DOCUMENTS.toLocaleString('en')} match.`,
    ...keptShape(total.shown),
  })

const parameterText = ({ parameter }: Projection): Readonly<Record<string, string>> =>
  parameter ? { [parameter.name]: `${parameter.description} Goes with \`${parameter.needs}\`.` } : {}

export const viewOperation = (query: z.ZodType, projection: Projection): Operation => ({
  id: `view${titled(projection.name)}`,
  tag: 'views',
  summary: projection.summary,
  description: 'Documents by key, ascending. Each says what it has seen; the view itself may have seen more, that did not change it.',
  parameters: [
    ...queryParameters(query, {
      ...Object.fromEntries(projection.filters.map((name) => [name, `Only with this ${name}.`])),
      owner: 'Only of this owner.',
      key: 'The one with this key.',
      limit: `How many at most; ${DEFAULT_PAGE} if it is left out.`,
      cursor: '`next` of the page before, of the same question.',
      sink: 'Which sink answers; the first one if it is left out.',
      ...parameterText(projection),
    }),
    after,
  ],
  answers: {
    200: {
      description: 'A page of documents.',
      content: {
        [JSON_TYPE]: {
          schema: component(`${titled(projection.name)}Page`, {
            type: 'object',
            properties: {
              data: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { key: { type: 'string' }, document: shownShape(projection), seen },
                  required: ['key', 'document', 'seen'],
                },
              },
              hasMore: { type: 'boolean', description: 'Whether there is more after this page.' },
              next: { type: ['string', 'null'], description: 'The cursor of the next page, where there is one.' },
              ...(projection.total && { total: totalShape(projection) }),
            },
            required: ['data', 'hasMore', 'next'],
          }),
        },
      },
    },
  },
  problems: [...READ_PROBLEMS, 'not_found', 'not_yet'],
  scopes: ['submit', 'submit:any', 'audit'],
})
