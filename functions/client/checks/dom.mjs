// A document for React, which looks for one when it is loaded.
import { Window } from 'happy-dom'

globalThis.window = new Window()
for (const name of ['document', 'navigator', 'CustomEvent', 'Node', 'HTMLElement', 'MutationObserver']) globalThis[name] = window[name]
globalThis.IS_REACT_ACT_ENVIRONMENT = true
