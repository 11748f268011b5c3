import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonSchema } from '../../ledger/description/component.ts'
import { breaks } from './compatible.ts'

const decimal = { type: 'string', pattern: '^[0-9]+$', description: 'a decimal' }
const before: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'TradeSubmitted',
  type: 'object',
  properties: {
    price: { $ref: '#/$defs/Decimal' },
    side: { type: 'string', enum: ['buy', 'sell'] },
    limit: { anyOf: [{ $ref: '#/$defs/Decimal' }, { type: 'null' }] },
    fills: { type: 'array', items: { type: 'object', properties: { venue: { type: 'string' } }, required: ['venue'] } },
    holds: { type: 'object', additionalProperties: { $ref: '#/$defs/Decimal' } },
  },
  required: ['side'],
  $defs: { Decimal: decimal },
}

const properties = before['properties'] as JsonSchema
const withMembers = (members: JsonSchema, rest: JsonSchema = {}): JsonSchema => ({
  ...before,
  ...rest,
  properties: { ...properties, ...members },
})
const without = (name: string): JsonSchema => ({
  ...before,
  properties: Object.fromEntries(Object.entries(properties).filter(([member]) => member !== name)),
})
const venue = (item: JsonSchema, required: readonly string[] = ['venue']): JsonSchema =>
  withMembers({ fills: { type: 'array', items: { type: 'object', properties: item, required } } })

const allowed: Readonly<Record<string, JsonSchema>> = {
  'nothing changed': before,
  'a member that may be left out': withMembers({ venue: { type: 'string' } }),
  'one within a list': venue({ venue: { type: 'string' }, fee: { type: 'string' } }),
  'other words': { ...before, title: 'Submitted', description: 'A trade was submitted.', examples: [{}] },
  'a named shape written out': withMembers({ price: decimal }, {}),
  'a name changed': {
    ...withMembers({
      price: { $ref: '#/$defs/Amount' },
      limit: { anyOf: [{ $ref: '#/$defs/Amount' }, { type: 'null' }] },
      holds: { type: 'object', additionalProperties: { $ref: '#/$defs/Amount' } },
    }),
    $defs: { Amount: decimal },
  },
}

const refused: Readonly<Record<string, readonly [after: JsonSchema, said: RegExp]>> = {
  'a member is gone': [without('price'), /\/properties\/price is gone/],
  'another type': [withMembers({ price: { type: 'number' } }), /\/properties\/price\/type was "string", is "number"/],
  'a named shape has another pattern': [{ ...before, $defs: { Decimal: { ...decimal, pattern: '^.*$' } } }, /\/properties\/price\/pattern/],
  'a member is required from now on': [{ ...before, required: ['side', 'price'] }, /\/properties\/price is required from now on/],
  'a new member is required': [
    withMembers({ venue: { type: 'string' } }, { required: ['side', 'venue'] }),
    /\/properties\/venue is required from now on/,
  ],
  'a member may be left out from now on': [{ ...before, required: [] }, /\/properties\/side is not required any more/],
  'a value is gone': [withMembers({ side: { type: 'string', enum: ['buy'] } }), /\/properties\/side\/enum/],
  'a value is new': [withMembers({ side: { type: 'string', enum: ['buy', 'sell', 'short'] } }), /\/properties\/side\/enum/],
  'null is not allowed any more': [withMembers({ limit: { $ref: '#/$defs/Decimal' } }), /\/properties\/limit\/anyOf was/],
  'a limit is new': [
    withMembers({ side: { type: 'string', enum: ['buy', 'sell'], maxLength: 3 } }),
    /\/properties\/side\/maxLength was nothing/,
  ],
  'a member within a list is gone': [venue({}, []), /\/properties\/fills\/items\/properties\/venue is gone/],
  'one within a list is of another type': [venue({ venue: { type: 'integer' } }), /\/properties\/fills\/items\/properties\/venue\/type/],
  'members of any name are of another type': [
    withMembers({ holds: { type: 'object', additionalProperties: { type: 'number' } } }),
    /\/properties\/holds\/additionalProperties\/type/,
  ],
  'no members of other names': [{ ...before, additionalProperties: false }, /\/additionalProperties was nothing, is false/],
}

for (const [name, after] of Object.entries(allowed)) test(`compatible: ${name}`, () => assert.deepEqual(breaks(before, after), []))

for (const [name, [after, said]] of Object.entries(refused))
  test(`not compatible: ${name}`, () => assert.match(breaks(before, after).join('\n'), said))
