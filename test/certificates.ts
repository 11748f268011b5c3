// Promises: an authority of the test's own, and what it signs, made with openssl in a folder.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export interface Signed {
  readonly certificate: string
  readonly key: string
}

export interface Authority extends Signed {
  /** For a server that is reached by these names (`DNS:db.example`, `IP:127.0.0.1`). */
  sign(name: string, subjectAltName: string): Promise<Signed>
}

export async function authority(folder: string, name: string): Promise<Authority> {
  const place = (one: string): Signed => ({ certificate: join(folder, `${one}.crt`), key: join(folder, `${one}.key`) })
  const own = place(name)
  await run('openssl', ['req', '-x509', ...EC, '-subj', `/CN=${name}`, '-days', '1', '-keyout', own.key, '-out', own.certificate])
  return {
    ...own,
    async sign(one, subjectAltName) {
      const signed = place(one)
      const request = join(folder, `${one}.csr`)
      const extensions = join(folder, `${one}.ext`)
      await writeFile(extensions, `subjectAltName=${subjectAltName}\n`)
      await run('openssl', ['req', ...EC, '-subj', `/CN=${one}`, '-keyout', signed.key, '-out', request])
      const by = ['-CA', own.certificate, '-CAkey', own.key, '-CAcreateserial', '-days', '1', '-extfile', extensions]
      await run('openssl', ['x509', '-req', '-in', request, '-out', signed.certificate, ...by])
      return signed
    },
  }
}
