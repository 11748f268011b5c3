// Whether a shape may take the place of another one under the same schema version: only if all that is different is members that were added and may be left out. Everything else (gone, of another
// type, required from now on, no longer required, of other values) breaks those who read or who stored the old shape. Words about a shape may change.
import type { JsonSchema } from '../../ledger/description/component.ts'

const WORDS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
])
/** Keywords whose value is a shape. */
const SHAPES: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'propertyNames', 'not', 'contains'])
/** Keywords whose value is a list of shapes. */
const LISTS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])

type Value = unknown

const isObject = (value: Value): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: Value): string => (value === undefined ? 'nothing' : (JSON.stringify(value) ?? 'nothing'))

/** The same shape without references. */
function resolved(value: Value, definitions: JsonSchema): Value {
  if (Array.isArray(value)) return value.map((item) => resolved(item, definitions))
  if (!isObject(value)) return value
  const { $ref, ...rest } = value
  if (typeof $ref === 'string') {
    const name = $ref.replace('#/$defs/', '')
    if (!Object.hasOwn(definitions, name)) return value
    return { ...(resolved(definitions[name], definitions) as JsonSchema), ...(resolved(rest, definitions) as JsonSchema) }
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolved(member, definitions)]))
}

const whole = (schema: JsonSchema): JsonSchema => {
  const { $defs = {}, ...body } = schema
  return resolved(body, $defs as JsonSchema) as JsonSchema
}

/** What breaks, a sentence each; none: it is compatible. */
export function breaks(before: JsonSchema, after: JsonSchema): readonly string[] {
  const found: string[] = []
  compare(whole(before), whole(after), '', found)
  return found
}

function compare(before: Value, after: Value, at: string, found: string[]): void {
  if (!isObject(before) || !isObject(after)) return compareValues(before, after, at, found)
  for (const keyword of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (WORDS.has(keyword)) continue
    const [a, b] = [before[keyword], after[keyword]]
    if (keyword === 'properties') compareMembers(isObject(a) ? a : {}, isObject(b) ? b : {}, at, found)
    else if (keyword === 'required') compareRequired(namesIn(a), namesIn(b), at, found)
    else if (SHAPES.has(keyword) && a !== undefined && b !== undefined) compare(a, b, `${at}/${keyword}`, found)
    else if (LISTS.has(keyword) && Array.isArray(a) && Array.isArray(b) && a.length === b.length)
      a.forEach((one: Value, n) => compare(one, b[n], `${at}/${keyword}/${n}`, found))
    else compareValues(a, b, `${at}/${keyword}`, found)
  }
}

function compareValues(before: Value, after: Value, at: string, found: string[]): void {
  if (JSON.stringify(before) !== JSON.stringify(after)) found.push(`${at} was ${textOf(before)}, is ${textOf(after)}`)
}

const namesIn = (value: Value): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

function compareMembers(before: JsonSchema, after: JsonSchema, at: string, found: string[]): void {
  for (const name of Object.keys(before))
    if (Object.hasOwn(after, name)) compare(before[name], after[name], `${at}/properties/${name}`, found)
    else found.push(`${at}/properties/${name} is gone`)
}

/** A member that is new and required is in the list too. */
function compareRequired(before: readonly string[], after: readonly string[], at: string, found: string[]): void {
  for (const name of after) if (!before.includes(name)) found.push(`${at}/properties/${name} is required from now on`)
  for (const name of before) if (!after.includes(name)) found.push(`${at}/properties/${name} is not required any more`)
}
