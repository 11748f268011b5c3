import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../ledger/json.ts'
import { diff } from './diff.ts'

const parsed = (text: string): JsonValue => JSON.parse(text) as JsonValue

test('members that changed, came and went, by path', () => {
  assert.deepEqual(diff({ a: 1, b: { c: 'x', d: null }, e: [1, 2] }, { a: 1, b: { c: 'y', f: true }, e: [1, 3, 4] }), [
    { path: '/b/c', before: 'x', after: 'y' },
    { path: '/b/d', before: null },
    { path: '/b/f', after: true },
    { path: '/e/1', before: 2, after: 3 },
    { path: '/e/2', after: 4 },
  ])
  assert.deepEqual(diff({ a: [1, 2, 3] }, { a: [1] }), [
    { path: '/a/1', before: 2 },
    { path: '/a/2', before: 3 },
  ])
})

test('nothing has changed', () => {
  const state = parsed('{"a":[{"b":null}],"c":{},"d":"0"}')
  assert.deepEqual(diff(state, structuredClone(state)), [])
})

test('another type is another value', () => {
  assert.deepEqual(diff({ a: [], b: {}, c: null, d: '1' }, { a: {}, b: null, c: [], d: 1 }), [
    { path: '/a', before: [], after: {} },
    { path: '/b', before: {}, after: null },
    { path: '/c', before: null, after: [] },
    { path: '/d', before: '1', after: 1 },
  ])
})

test('names that are escaped, empty, or members of every object', () => {
  assert.deepEqual(diff({ 'a/b': 1, 'm~n': 1, '': 1 }, { 'a/b': 2, 'm~n': 2, '': 2 }), [
    { path: '/', before: 1, after: 2 },
    { path: '/a~1b', before: 1, after: 2 },
    { path: '/m~0n', before: 1, after: 2 },
  ])
  assert.deepEqual(diff(parsed('{}'), parsed('{"__proto__":1,"constructor":"x","toString":[]}')), [
    { path: '/__proto__', after: 1 },
    { path: '/constructor', after: 'x' },
    { path: '/toString', after: [] },
  ])
})

test('a state from nothing, and to nothing', () => {
  assert.deepEqual(diff(undefined, { a: 1 }), [{ path: '', after: { a: 1 } }])
  assert.deepEqual(diff({ a: 1 }, undefined), [{ path: '', before: { a: 1 } }])
  assert.deepEqual(diff(undefined, undefined), [])
})
