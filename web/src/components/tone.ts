/** The five colours of state. Everything that has a state maps to one of them and says it in a word, too. */
export type Tone = 'up' | 'probing' | 'down' | 'draining' | 'disabled';
