from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "nextposture.clinic"
    label = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep the history of clinical rows of the record too, which knows no clinic."""
        from nextposture.clinic import history

        history.register()
