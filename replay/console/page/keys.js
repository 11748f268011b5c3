// Single-key shortcuts: those that are bound at the moment, the dialog that lists them, and a switch to turn them off, for whoever speaks to their computer.
import { fill, h } from './h.js'

const OFF = 'strata-keys-off'

/** @type {Map<string, { readonly does: string, readonly act: () => void }>} */
const bound = new Map()

/**
 * Until the signal is aborted.
 * @param {string} key
 * @param {string} does
 * @param {AbortSignal} signal
 * @param {() => void} act
 */
export function bindKey(key, does, signal, act) {
  const binding = { does, act }
  bound.set(key, binding)
  signal.addEventListener('abort', () => bound.get(key) === binding && bound.delete(key))
}

const isOff = () => localStorage.getItem(OFF) !== null

/** @param {EventTarget | null} target */
const takesText = (target) => target instanceof HTMLElement && target.matches('textarea, select, input:not([type=range], [type=checkbox])')

/** @param {HTMLDialogElement} dialog */
export function startKeys(dialog) {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || dialog.open || isOff()) return
    const binding = bound.get(event.key)
    if (!binding) return
    event.preventDefault()
    binding.act()
  })
}

/** @param {HTMLDialogElement} dialog */
export function showKeys(dialog) {
  const rows = [...bound].map(([key, { does }]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, does)])
  const box = h('input', { type: 'checkbox', checked: !isOff(), onchange: () => turn(box.checked) })
  fill(
    dialog,
    h('h2', { id: 'keys-title' }, 'Keyboard shortcuts'),
    h('p', {}, 'On this page. Everything else is reached with Tab, Enter and the arrow keys.'),
    h('dl', { class: 'keys' }, rows),
    h('label', { class: 'check' }, box, 'Shortcuts of a single key'),
    h('p', {}, h('button', { type: 'button', onclick: () => dialog.close() }, 'Close')),
  )
  dialog.showModal()
}

/** @param {boolean} on */
function turn(on) {
  if (on) localStorage.removeItem(OFF)
  else localStorage.setItem(OFF, 'off')
}
