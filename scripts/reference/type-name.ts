// A shape in a few words, for a table.
import type { Component, JsonSchema } from '../../ledger/description/component.ts'

interface Shape extends JsonSchema {
  readonly 'x-component'?: Component
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Shape[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: Shape
  readonly additionalProperties?: Shape | boolean
  readonly maxLength?: number
}

const words: Readonly<Record<string, string>> = {
  Decimal: 'decimal string',
  KeptDecimal: 'decimal string',
  SumDecimal: 'decimal string',
  PositiveDecimal: 'decimal string above zero',
  Instant: 'time',
  Time: 'time',
  Text: 'text',
  Owner: 'owner',
  LocalId: 'local id',
  EntityId: 'id',
  Currency: 'currency',
}

function named({ name, schema }: Component): string {
  const known = words[name]
  if (known !== undefined) return known
  const { maxLength } = schema as Shape
  if (maxLength !== undefined) return `text of up to ${maxLength.toLocaleString('en')}`
  return name.endsWith('Id') ? `id of ${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name.slice(0, -2).toLowerCase()}` : typeName(schema)
}

export function typeName(shape: Shape): string {
  if (shape['x-component']) return named(shape['x-component'])
  if (shape.enum) return shape.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (shape.const !== undefined) return `\`${JSON.stringify(shape.const)}\``
  if (shape.anyOf) return shape.anyOf.map(typeName).join(' or ')
  if (shape.type === 'array') return `list of ${typeName(shape.items ?? {})}`
  if (shape.type === 'object') {
    if (shape.properties)
      return `object: ${Object.entries(shape.properties)
        .map(([name, member]) => `${name}${shape.required?.includes(name) ? '' : '?'} (${typeName(member)})`)
        .join(', ')}`
    return typeof shape.additionalProperties === 'object' ? `object of ${typeName(shape.additionalProperties)}` : 'object'
  }
  return shape.type === undefined ? 'any' : [shape.type].flat().join(', ')
}

/** A row per member of an object: name, type, whether it is required. */
export function memberRows(schema: JsonSchema): readonly (readonly [name: string, type: string, required: boolean])[] {
  const { properties = {}, required = [] } = schema as Shape
  return Object.entries(properties).map(([name, shape]) => [name, typeName(shape), required.includes(name)])
}
