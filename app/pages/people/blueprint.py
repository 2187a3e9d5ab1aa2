"""The blueprint that the people pages hang on."""

from flask import Blueprint

blueprint = Blueprint("people", __name__, url_prefix="/people", template_folder="templates")
