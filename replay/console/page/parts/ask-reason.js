// Before something that can not be taken back: what it does, and the field for why. Nothing happens without a reason.
import { form, h } from '../h.js'

const MAX_REASON_CHARACTERS = 1_000

/**
 * The reason; undefined: they would rather not.
 * @param {HTMLElement} place
 * @param {{ readonly title: string, readonly text: string, readonly act: string }} words
 * @returns {Promise<string | undefined>}
 */
export function askReason(place, { title, text, act }) {
  return new Promise((resolve) => {
    /** @type {string | undefined} */
    let given
    const reason = h('input', { id: 'reason', maxlength: MAX_REASON_CHARACTERS, required: true, autocomplete: 'off' })
    const dialog = h(
      'dialog',
      {
        'aria-labelledby': 'reason-title',
        'aria-describedby': 'reason-text',
        onclose() {
          dialog.remove()
          resolve(given)
        },
      },
      h('h2', { id: 'reason-title' }, title),
      h('p', { id: 'reason-text' }, text),
      form(
        { class: 'reason' },
        () => {
          given = reason.value.trim() || undefined
          if (given === undefined) reason.value = ''
          if (reason.reportValidity()) dialog.close()
        },
        h('label', { for: 'reason' }, 'Reason'),
        reason,
        h(
          'div',
          { class: 'run-buttons' },
          h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'),
          h('button', { class: 'danger' }, act),
        ),
      ),
    )
    place.append(dialog)
    dialog.showModal()
  })
}
