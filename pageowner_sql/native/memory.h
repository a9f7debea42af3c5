/* Memory of zeros that takes only the pages which are written to: large, and mostly never touched. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>

/* NULL where there is no more. */
void *pages_new(int64_t size);

void pages_free(void *pages);

#endif
