/** @returns the parts of a comma list as settings write it, trimmed; empty ones left out */
export const splitList = (text: string): readonly string[] => text.split(',').map((part) => part.trim()).filter((part) => part !== '');
