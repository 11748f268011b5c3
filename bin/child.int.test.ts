import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { CHILD_ENDS_WITHIN_MS, keepChild } from './child.ts'

const folder = await mkdtemp(join(tmpdir(), 'strata-child-'))
after(() => rm(folder, { recursive: true }))

let made = 0
async function script(source: string): Promise<URL> {
  const path = join(folder, `${++made}.mjs`)
  await writeFile(path, `import { asChild } from ${JSON.stringify(new URL('child.ts', import.meta.url).href)}\n${source}`)
  return pathToFileURL(path)
}

/** Until there is no process of the number any more. */
async function gone(pid: number, withinMs = 15_000): Promise<void> {
  for (const end = Date.now() + withinMs; ; await sleep(20)) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    assert.ok(Date.now() < end, `${pid} is still there`)
  }
}

test('a process that fails, is killed, or ends though nobody told it to, is begun again; told to end, it is waited for', async () => {
  const failures: string[] = []
  const pids: number[] = []
  const child = keepChild<{ readonly given: bigint }, { readonly pid: number; readonly given: bigint; readonly error: Error }>({
    script: await script(`
      await asChild(async ({ given }, tell, ended) => {
        tell({ pid: process.pid, given, error: new TypeError('as it was thrown') })
        await ended
        await new Promise((done) => setTimeout(done, 200))
      })`),
    data: { given: 2n ** 70n },
    onMessage: ({ pid, given, error }) => {
      assert.equal(given, 2n ** 70n)
      assert.deepEqual([error.name, error.message], ['TypeError', 'as it was thrown'])
      pids.push(pid)
      // A terminal tells all of its processes: this one is not for it. Then it is killed, but for the last one.
      process.kill(pid, 'SIGINT')
      if (pids.length < 3) setTimeout(() => process.kill(pid, 'SIGKILL'), 50)
    },
    onFailure: (error) => failures.push(String(error)),
  })
  for (const end = Date.now() + 20_000; pids.length < 3 && Date.now() < end;) await sleep(20)
  await sleep(200)
  const ending = performance.now()
  await child[Symbol.asyncDispose]()
  assert.ok(performance.now() - ending > 150, 'it was waited for')
  assert.deepEqual(failures, ['Error: the process ended with SIGKILL', 'Error: the process ended with SIGKILL'])
  await gone(pids.at(-1) ?? 0)
})

test('it may be told to end before it has begun, and while it waits to begin again', async () => {
  for (const waitUntilItFailed of [false, true]) {
    const failed = Promise.withResolvers<unknown>()
    const child = keepChild({
      script: await script('process.exit(3)'),
      data: 'x',
      onMessage: () => undefined,
      onFailure: failed.resolve,
    })
    if (waitUntilItFailed) assert.match(String(await failed.promise), /ended with 3/)
    await child[Symbol.asyncDispose]()
  }
})

test('one that can not end is gone soon after its parent was killed', async () => {
  const stuck = await script(`
    await asChild(async (_, tell) => {
      tell(process.pid)
      setInterval(() => undefined, 1_000)
      await new Promise(() => undefined)
    })`)
  const parent = await script(`
    import { keepChild } from ${JSON.stringify(new URL('child.ts', import.meta.url).href)}
    keepChild({ script: new URL(${JSON.stringify(stuck.href)}), data: 'x', onMessage: (pid) => console.log(pid), onFailure: console.error })`)
  const killed = spawn(process.execPath, [fileURLToPath(parent)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(await new Promise<Buffer>((said) => killed.stdout.once('data', said)))
  assert.ok(pid > 0)
  killed.kill('SIGKILL')
  await gone(pid, CHILD_ENDS_WITHIN_MS + 15_000)
})
