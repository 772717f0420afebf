// The search of the page: words that stand anywhere in a title, in any case, with or without
// accents. Titles that begin with what is typed come first, then those with words that do.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

class TitleSearch {
  constructor(titles, counts) {
    this.titles = titles.map((title) => ` ${plain(title)}`);
    this.counts = counts;
    this.mostCounted = (counts || []).reduce((most, count) => Math.max(most, count), 0);
  }

  find(text, isHidden, limit) {
    const words = plain(text).split(/\s+/).filter(Boolean), begin = ` ${words.join(" ")}`;
    if (!words.length) return { best: [], number: 0 };
    let number = 0;
    const ranks = this.titles.map((title, item) => {
      if (!words.every((word) => title.includes(word))) return -Infinity;
      number += 1;
      const begins = title.startsWith(begin) + words.every((word) => title.includes(` ${word}`));
      return begins * (this.mostCounted + 1) + (this.counts ? this.counts[item] : 0);
    });
    return { best: bestPlaces(ranks, isHidden, limit), number };
  }
}
