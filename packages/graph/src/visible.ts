/** A text from outside without characters that could rewrite a screen: controls, also DEL and C1, become `\u{7f}`. */
export const visible = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (each) => `\\u{${each.codePointAt(0)!.toString(16)}}`);
