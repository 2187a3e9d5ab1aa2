# Farmgate's commands; `make help` lists them.
.DEFAULT_GOAL := help
