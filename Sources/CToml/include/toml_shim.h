/*
 * TOML for Swift: a document becomes a flat list of keys, texts and line numbers.
 *
 * toml++ is C++ and its trees are of no use to Swift. This shim parses a whole file, flattens nested tables
 * with '.', numbers the tables of an array ("datasource[0].id"), and hands out plain bytes. Nothing here
 * throws, and every input of any content is answered: a bad document with an error and its line, a hostile
 * one (deep nesting, endless keys) likewise.
 */
#ifndef MUSTER_TOML_SHIM_H
#define MUSTER_TOML_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct muster_toml muster_toml_t;

typedef enum {
    MUSTER_TOML_SCALAR = 0, /* a string, number or truth value */
    MUSTER_TOML_LIST = 1,   /* an array of scalars, joined with ", " */
    MUSTER_TOML_OTHER = 2   /* a date, a time, an array of arrays: text is empty */
} muster_toml_kind_t;

/* Bytes are not terminated by zero, and belong to the document. */
typedef struct {
    const char *key;
    size_t key_size;
    const char *text;
    size_t text_size;
    uint32_t line;
    muster_toml_kind_t kind;
} muster_toml_entry_t;

/* Parses `size` bytes. NULL only where memory is short. Free the answer with muster_toml_free. */
muster_toml_t *muster_toml_parse(const char *bytes, size_t size);

void muster_toml_free(muster_toml_t *document);

/* What is wrong with the document, without any of its values; NULL where it is sound. */
const char *muster_toml_error(const muster_toml_t *document);

/* The line of that error, from 1; 0 where it has none. */
uint32_t muster_toml_error_line(const muster_toml_t *document);

size_t muster_toml_count(const muster_toml_t *document);

/* The entry at `index`, in order of key; all zero where there is none. */
muster_toml_entry_t muster_toml_entry(const muster_toml_t *document, size_t index);

#ifdef __cplusplus
}
#endif
#endif
