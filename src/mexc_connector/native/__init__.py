"""The compiled hot path, `native._hot`: there if a C compiler was there at installation."""
