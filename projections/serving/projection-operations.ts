// What the routes about projections say of themselves.
import { component, type JsonSchema } from '../../ledger/description/component.ts'
import { askedShape } from '../../ledger/description/json-schema.ts'
import { JSON_TYPE, READ_PROBLEMS, type Answer, type Operation, type Parameter } from '../../ledger/description/operation.ts'
import type { z } from 'zod'

const TAG = 'projections'
const count: JsonSchema = { type: 'integer', minimum: 0 }
const text: JsonSchema = { type: 'string' }
const time: JsonSchema = { type: 'string', format: 'date-time' }
const state = component('ProjectionState', {
  type: 'string',
  enum: ['running', 'paused', 'retrying', 'stopped', 'idle'],
  description:
    'stopped: at a dead letter, in its partition; retrying: the sink fails, and is tried again; paused: a person said so; idle: no process runs it.',
})
const lag = component('Lag', {
  type: 'object',
  description: 'How many versions are not seen yet, and for how long the oldest of them has been there.',
  properties: { versions: count, seconds: { type: 'number', minimum: 0 } },
  required: ['versions', 'seconds'],
})
const positions: JsonSchema = { type: 'array', items: count, description: 'The position seen, by partition, as last told.' }

const letter = (own: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  description: 'A version that could not be applied, and is waited at.',
  properties: { ...own, partition: count, position: count, entityId: text, version: count, error: text, since: time },
  required: [...Object.keys(own), 'partition', 'position', 'entityId', 'version', 'error', 'since'],
})

const run = component('ProjectionRun', {
  type: 'object',
  description: 'A projection on one sink.',
  properties: {
    sink: text,
    state,
    error: text,
    since: { ...time, description: 'In this state.' },
    positions,
    partitions: {
      type: 'array',
      items: { type: 'object', properties: { state, lag }, required: ['state', 'lag'] },
      description: 'How each partition is.',
    },
    lag,
    deadLetters: { type: 'array', items: letter({}) },
    build: {
      type: 'object',
      description: 'What is being built beside it.',
      properties: { version: count, versions: count, total: count },
      required: ['version', 'versions', 'total'],
    },
  },
  required: ['sink', 'state', 'positions', 'partitions', 'lag', 'deadLetters'],
})

const projection = component('Projection', {
  type: 'object',
  properties: {
    name: text,
    version: { ...count, description: 'Of the code.' },
    summary: text,
    kinds: { type: 'array', items: text },
    state,
    positions,
    lag,
    deadLetters: { type: 'array', items: letter({ sink: text }) },
    sinks: { type: 'array', items: run },
  },
  required: ['name', 'version', 'summary', 'kinds', 'state', 'positions', 'lag', 'deadLetters', 'sinks'],
})

const answer = (description: string, schema: JsonSchema): Readonly<Record<number, Answer>> => ({
  200: { description, content: { [JSON_TYPE]: { schema } } },
})

const nameParameter = (names: readonly string[]): Parameter => ({
  name: 'name',
  in: 'path',
  required: true,
  description: 'The name of a view; or `feed`, where it is published to Kafka.',
  schema: { type: 'string', enum: names },
  example: names[0],
})

const FOUND_PROBLEMS = [...READ_PROBLEMS, 'not_found']

export const listProjectionsOperation: Operation = {
  id: 'listProjections',
  tag: TAG,
  summary: 'How every projection is: state, positions, lag, dead letters, on each sink',
  parameters: [],
  answers: answer('All of them.', {
    type: 'object',
    properties: { data: { type: 'array', items: projection } },
    required: ['data'],
  }),
  problems: READ_PROBLEMS,
  scopes: ['operate', 'audit'],
}

export const getProjectionOperation = (names: readonly string[]): Operation => ({
  id: 'getProjection',
  tag: TAG,
  summary: 'How one projection is',
  parameters: [nameParameter(names)],
  answers: answer('It.', projection),
  problems: FOUND_PROBLEMS,
  scopes: ['operate', 'audit'],
})

export type Action = 'pause' | 'resume' | 'retry' | 'skip'

const said: Readonly<Record<Action, { readonly summary: string; readonly description: string }>> = {
  pause: { summary: 'It stands still until it is resumed', description: 'In every process, within about a second.' },
  resume: { summary: 'It goes on', description: 'From where it stood.' },
  retry: { summary: 'Where it stopped at a dead letter, it tries again', description: 'The same version, and what comes after it.' },
  skip: {
    summary: 'A version that it can not apply is left out for good',
    description: 'The ledger records who said so, and why; builds and replays of the view leave it out too. Then it tries again.',
  },
}

export const actionOperation = (action: Action, names: readonly string[], body: z.ZodType): Operation => ({
  id: `${action}Projection`,
  tag: TAG,
  ...said[action],
  parameters: [
    nameParameter(names),
    {
      name: 'X-Strata-Actor',
      in: 'header',
      description: 'Who says so, where there are no tokens.',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
    },
  ],
  body: {
    required: action === 'skip',
    content: {
      [JSON_TYPE]: {
        schema: askedShape(body),
        ...(action === 'skip' && { example: { partition: 3, position: 120, reason: 'a test order' } }),
      },
    },
  },
  answers: answer('The projection as it is then.', projection),
  problems: [...FOUND_PROBLEMS, 'payload_too_large', 'unsupported_media_type', 'overloaded'],
  scopes: ['operate'],
})
