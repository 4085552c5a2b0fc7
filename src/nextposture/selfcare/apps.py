from django.apps import AppConfig


class SelfcareConfig(AppConfig):
    name = "nextposture.selfcare"
    label = "selfcare"
    default_auto_field = "django.db.models.BigAutoField"
