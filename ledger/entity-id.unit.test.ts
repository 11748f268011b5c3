import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { entityId, entityIdSchema, isEntityId, kindOf, localOf, localSchema, ownerOf, ownerSchema } from './entity-id.ts'

test('an id falls into its parts and is made of them', () => {
  const part = (max: number) =>
    fc.stringMatching(new RegExp(`^[A-Za-z0-9._~@-]{1,${max}}$`)).filter((text) => text !== '.' && text !== '..')
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9]{0,31}$/), part(64), part(80), (kind, owner, local) => {
      const id = entityId(kind, owner, local)
      assert.ok(isEntityId(id))
      assert.deepEqual([kindOf(id), ownerOf(id), localOf(id)], [kind, owner, local])
      assert.ok(ownerSchema.safeParse(owner).success && localSchema.safeParse(local).success)
      // safe wherever ids go: a path, a query, a file name
      assert.equal(encodeURI(id), id)
      assert.equal(new URL(`/v1/${id}/x`, 'http://h').pathname, `/v1/${id}/x`)
    }),
  )
})

test('what is no id', () => {
  const bad = ['', 'a', 'a:b', 'a:b:', ':b:c', 'a::c', 'a:b:c:d', 'A:b:c', '1a:b:c', 'a:b c:d', 'a:b:c/d', 'a:b:c\n', '\na:b:c', 'a:b:%41', 'a:.:c', 'a:..:c', 'a:b:.', 'a:b:..',
    `a:${'x'.repeat(65)}:c`, `a:b:${'x'.repeat(81)}`, `${'a'.repeat(33)}:b:c`, 'a:é:c', 'a:b:\0'] // prettier-ignore
  for (const text of bad) {
    assert.equal(isEntityId(text), false, JSON.stringify(text))
    assert.equal(entityIdSchema().safeParse(text).success, false)
  }
  for (const id of ['a:...:c', 'a:b:...', 'a:.b:.c', 'account:alice:world.USD']) assert.ok(isEntityId(id), id)
})

test('a schema may ask for one kind', () => {
  assert.ok(entityIdSchema('account').safeParse('account:a:b').success)
  const told = entityIdSchema('account').safeParse('trade:a:b')
  assert.equal(told.error?.issues[0]?.message, 'must be an entity id, account:owner:local')
})
