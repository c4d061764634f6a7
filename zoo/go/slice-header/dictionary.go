package main

import (
	"fmt"
	"sort"
)

// Dictionary knows words and finds the nearest one.
type Dictionary struct {
	words []string
}

// NewDictionary makes up so many words.
func NewDictionary(n int) *Dictionary {
	d := &Dictionary{words: make([]string, n)}
	for i := range d.words {
		d.words[i] = fmt.Sprintf("lorem%d-%0120d", i, i)
	}
	sort.Strings(d.words)
	return d
}

// Near returns the words behind the one that was asked for.
func (d *Dictionary) Near(word string) []string {
	i := sort.SearchStrings(d.words, word)
	end := i + 50
	if end > len(d.words) {
		end = len(d.words)
	}
	return append([]string(nil), d.words[i:end]...)
}

func title(n int) string { return fmt.Sprintf("Document number %d", n) }
